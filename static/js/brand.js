/* The brand page: the sample follows the form, and the colour's contrast is said in words (WCAG 2.2, 1.4.3). */

const form = document.getElementById("brand");
const sample = document.getElementById("sample");
const verdict = document.getElementById("contrast");
const tenth = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function luminance(hex) {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function follow() {
  const colour = form.elements.accent.value;
  if (/^#[0-9a-f]{6}$/i.test(colour)) {
    /* The derived colours hang on the root's variable. */
    document.documentElement.style.setProperty("--accent", colour);
    const contrast = 1.05 / (luminance(colour) + 0.05);
    const good = contrast >= Number(verdict.dataset.needed.replace(",", "."));
    verdict.textContent = `${good ? verdict.dataset.good : verdict.dataset.light} (${tenth.format(contrast)}\u00a0:\u00a01)`;
  }
  const name = form.elements.name.value.trim();
  sample.querySelector("[data-name]").textContent = name;
  sample.querySelector("[data-initial]").textContent = name.slice(0, 1);
  sample.querySelector("[data-welcome]").textContent = form.elements.welcome.value;
}

form.addEventListener("input", follow);
follow();
