/* Says each new stage once, and keeps the share in the tab's title for those who look elsewhere. */

const title = document.title;
let stage = document.querySelector("#watch")?.dataset.stage;

function tell() {
  const watch = document.querySelector("#watch");
  if (!watch) return;
  document.title = `${watch.dataset.percent} % · ${title}`;
  if (watch.dataset.stage !== stage) {
    stage = watch.dataset.stage;
    document.querySelector("#announce").textContent = stage;
  }
}

document.addEventListener("htmx:afterSettle", tell);
tell();
