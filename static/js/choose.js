/* Choosing: "Choose this one" inside the loupe, a compare button that waits for exactly two, and the voice of a
   picture that is being adjusted. */

const loupe = document.querySelector("#loupe");
const pick = document.querySelector("#loupe-pick")?.content.firstElementChild;
if (loupe && pick) {
  const bars = loupe.querySelectorAll(".loupe-bar");
  const bar = bars[bars.length - 1];
  bar.insertBefore(pick, bar.lastElementChild);
  loupe.addEventListener("loupe", (event) => {
    const { pick: url } = event.detail.link.dataset;
    pick.hidden = !url;
    if (url) pick.href = url;
  });
}

/* The way from the dock to the scales, which may lie below the fold. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-unfold]");
  if (link) document.getElementById(link.dataset.unfold).open = true;
});

/* An adjusted picture on its way: what a screen reader hears of it, each thing once. */
let told = document.querySelector("#pick")?.dataset.told;
document.addEventListener("htmx:afterSettle", () => {
  const now = document.querySelector("#adjust-stage")?.textContent ?? document.querySelector("#pick")?.dataset.told;
  if (now && now !== told) document.querySelector("#announce").textContent = now;
  told = now;
});

const form = document.querySelector("[data-compare]");
if (form) {
  const button = form.querySelector("button");
  const label = form.querySelector("[data-compare-label]");
  const boxes = [...document.querySelectorAll('input[name="compare"]')];
  const count = () => {
    const ticked = boxes.filter((box) => box.checked);
    form.hidden = ticked.length === 0;
    button.disabled = ticked.length !== 2;
    label.textContent = ticked.length === 2 ? label.dataset.ready : label.dataset.more;
    /* A third picture does not fit beside two. */
    for (const box of boxes) box.disabled = ticked.length >= 2 && !box.checked;
  };
  for (const box of boxes) box.addEventListener("change", count);
  addEventListener("pageshow", count);
  count();
}
