/* Behaviours shared by every page. Each works on data attributes and none is needed for the first view. */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Say something to screen readers without showing it. */
export function announce(text) {
  const place = $("#announce");
  if (place) place.textContent = text;
}

/* --- Toasts: successes and notes leave by themselves, warnings and errors stay -------------------- */
const TOAST_MS = 6000;

function leave(toast) {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 240);
}

function arm(toast) {
  if (!["success", "info", "debug"].includes(toast.dataset.toast)) return;
  let timer = setTimeout(leave, TOAST_MS, toast);
  const hold = () => clearTimeout(timer);
  const go = () => { timer = setTimeout(leave, TOAST_MS, toast); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
}

/** Show a message: tone is success, info, warning or error. */
export function toast(text, tone = "info") {
  const card = $("#toast-template")?.content.firstElementChild?.cloneNode(true);
  if (!card) return;
  card.className = `toast toast-${tone}`;
  card.dataset.toast = tone;
  $("[data-toast-text]", card).textContent = text;
  $("#toasts").append(card);
  arm(card);
}
$$("[data-toast]").forEach(arm);
document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.tone));

/* --- Dialogs, menus ------------------------------------------------------------------------------- */
document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-dialog], [data-close], [data-dismiss], [data-copy]");
  if (target?.dataset.dialog) document.getElementById(target.dataset.dialog)?.showModal();
  else if (target?.matches("[data-close]")) target.closest("dialog")?.close();
  else if (target?.matches("[data-dismiss]")) leave(target.closest("[data-toast]"));
  else if (target?.matches("[data-copy]")) await copy(target);
  else if (event.target.matches("dialog:not(.loupe)") && outside(event)) event.target.close();
  for (const menu of $$("details[data-menu][open]")) {
    if (!menu.contains(event.target) || event.target.closest(".menu-list a, .menu-list button")) menu.open = false;
  }
});

function outside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = $("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  $("summary", menu).focus();
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const input = button.parentElement.querySelector("input");
    input?.select();
    document.execCommand("copy");
  }
  const label = $("span", button) ?? button;
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  announce(button.dataset.copied);
  setTimeout(() => { label.textContent = before; }, 2000);
}

/* --- Forms ---------------------------------------------------------------------------------------- */
function guardName(form) {
  const input = $("input[name=confirm]", form);
  const button = $("[type=submit]", form);
  const check = () => { button.disabled = input.value.trim() !== form.dataset.confirmName; };
  input.addEventListener("input", check);
  check();
}

/* A form that is on its way is not sent twice. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[data-again]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button?.matches(".btn")) { button.dataset.busy = ""; button.setAttribute("aria-disabled", "true"); }
  /* A download leaves the page where it is. */
  if (form.matches("[data-download]")) setTimeout(release, 3000, form);
});

function release(root = document) {
  const forms = root.matches?.("form") ? [root] : $$("form[data-sent]", root);
  for (const form of forms) delete form.dataset.sent;
  for (const button of $$("[data-busy]", root)) { delete button.dataset.busy; button.removeAttribute("aria-disabled"); }
}
window.addEventListener("pageshow", (event) => { if (event.persisted) release(); });
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});

function drop(zone) {
  const input = $("input[type=file]", zone);
  const names = $("[data-drop-names]", zone);
  const over = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  if (names) input.addEventListener("change", () => { names.textContent = [...input.files].map((file) => file.name).join(", "); });
}

/* --- Tabs: the one that the page is on is in view, however long the words ------------------------- */
for (const tab of $$(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = Math.max(0, tab.offsetLeft + tab.offsetWidth - row.offsetLeft - row.clientWidth);
}

/* --- Tables: select all, bulk bar ----------------------------------------------------------------- */
let lastRow = null;

function count(root) {
  const rows = $$("input[data-row]", root);
  const picked = rows.filter((row) => row.checked).length;
  for (const all of $$("input[data-all]", root)) {
    all.checked = picked > 0 && picked === rows.length;
    all.indeterminate = picked > 0 && picked < rows.length;
  }
  for (const place of $$("[data-selected]", root)) place.textContent = picked;
  for (const bar of $$("[data-bulk]", root)) bar.hidden = picked === 0;
  root.dispatchEvent(new CustomEvent("selection", { bubbles: true, detail: { picked } }));
}

document.addEventListener("change", (event) => {
  const root = event.target.closest?.("[data-select]");
  if (!root) return;
  if (event.target.matches("input[data-all]")) for (const row of $$("input[data-row]", root)) row.checked = event.target.checked;
  if (event.target.matches("input[data-all], input[data-row]")) count(root);
});

document.addEventListener("click", (event) => {
  if (!event.target.matches?.("input[data-row]")) return;
  const rows = $$("input[data-row]", event.target.closest("[data-select]") ?? document);
  const [from, to] = [rows.indexOf(lastRow), rows.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) {
    for (const row of rows.slice(from, to + 1)) row.checked = event.target.checked;
  }
  lastRow = event.target;
});

/* --- Keyboard: [data-key] is pressed, J/K move through [data-item], X picks, ? explains ------------- */
const typing = (node) => node.matches("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
const visible = (node) => node.checkVisibility?.() ?? node.offsetParent !== null;

function move(step) {
  const items = $$("[data-item]").filter(visible);
  if (!items.length) return false;
  const now = items.findIndex((item) => item.getAttribute("aria-current") === "true");
  const next = items[Math.min(items.length - 1, Math.max(0, now < 0 ? 0 : now + step))];
  for (const item of items) item.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  const focus = next.matches("a, button, input") ? next : $("a[href]", next) ?? $("button, input", next);
  focus?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(key) {
  const node = $$("[data-key]").find((one) => one.dataset.key.toLowerCase() === key && visible(one) && !one.disabled);
  if (node) {
    if (typing(node)) { node.focus(); node.select?.(); } else { node.focus(); node.click(); }
    return true;
  }
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "x") {
    const box = $('[data-item][aria-current="true"] input[type=checkbox]');
    box?.click();
    return Boolean(box);
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape" && event.target.matches("input[type=search]")) event.target.blur();
    return;
  }
  if ($("dialog[open]")) return;
  if (event.key === "?") { showKeys(); event.preventDefault(); return; }
  if (event.key.length === 1 && press(event.key.toLowerCase())) event.preventDefault();
});

function showKeys() {
  const list = $("[data-keys]");
  if (!list) return;
  for (const old of $$("[data-made]", list)) old.remove();
  $("[data-keys-items]", list).hidden = !$("[data-item]");
  $("[data-keys-picks]", list).hidden = !$("[data-item] input[type=checkbox]");
  const seen = new Set();
  for (const node of $$("[data-key-label]").filter(visible)) {
    if (seen.has(node.dataset.key)) continue;
    seen.add(node.dataset.key);
    const line = document.createElement("li");
    const words = document.createElement("span");
    const key = document.createElement("kbd");
    line.dataset.made = "";
    words.textContent = node.dataset.keyLabel;
    key.textContent = node.dataset.key.toUpperCase();
    line.append(words, key);
    list.prepend(line);
  }
  $("#keys").showModal();
}
$$('[data-dialog="keys"]').forEach((button) => button.addEventListener("click", (event) => { event.stopPropagation(); showKeys(); }));

/* --- Pictures: loupe and wipe ----------------------------------------------------------------------- */
const loupe = $("#loupe");
let shown = null;

function show(link) {
  const links = $$("[data-loupe]");
  shown = link;
  const image = $("[data-loupe-image]", loupe);
  const small = $("img", link);
  const stage = $("[data-loupe-stage]", loupe);
  /* What is on the page already stands there until the large one has come; both have the same frame. */
  stage.style.backgroundImage = small && link.matches(".pic-frame") ? `url("${small.currentSrc}")` : "";
  image.onload = () => { stage.style.backgroundImage = ""; };
  image.src = link.href;
  image.alt = small?.alt ?? "";
  $("[data-loupe-caption]", loupe).textContent = link.dataset.caption ?? "";
  $("[data-loupe-count]", loupe).textContent = `${links.indexOf(link) + 1} / ${links.length}`;
  zoom(false);
  if (!loupe.open) loupe.showModal();
  /* Flipping to the next one is how people compare. */
  new Image().src = links[(links.indexOf(link) + 1) % links.length].href;
  loupe.dispatchEvent(new CustomEvent("loupe", { bubbles: true, detail: { link } }));
}

function step(by) {
  const links = $$("[data-loupe]");
  show(links[(links.indexOf(shown) + by + links.length) % links.length]);
}

function zoom(on) {
  loupe.classList.toggle("full", on);
  $("[data-loupe-zoom]", loupe)?.setAttribute("aria-pressed", String(on));
  /* Begin where the face is: in the middle, a little above half height. */
  const stage = $("[data-loupe-stage]", loupe);
  stage.scrollLeft = (stage.scrollWidth - stage.clientWidth) / 2;
  stage.scrollTop = (stage.scrollHeight - stage.clientHeight) * 0.4;
}

if (loupe) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-loupe]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });
  loupe.addEventListener("click", (event) => {
    const go = event.target.closest("[data-loupe-go]");
    if (go) step(Number(go.dataset.loupeGo));
    else if (event.target.closest("[data-loupe-zoom], [data-loupe-stage]")) zoom(!loupe.classList.contains("full"));
  });
  loupe.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, k: -1, j: 1 }[event.key];
    if (by) { step(by); event.preventDefault(); }
    if (event.key === "z") zoom(!loupe.classList.contains("full"));
  });
  loupe.addEventListener("close", () => shown?.focus());
}

document.addEventListener("input", (event) => {
  const wipe = event.target.closest?.("[data-wipe]");
  if (wipe && event.target.type === "range") wipe.style.setProperty("--at", `${event.target.value}%`);
});

/* --- Things that a page or an htmx fragment brings along -------------------------------------------- */
function ready(root) {
  const all = (selector) => [...(root.matches?.(selector) ? [root] : []), ...$$(selector, root)];
  all("form[data-confirm-name]").forEach(guardName);
  all("[data-drop]").forEach(drop);
  all("[data-select]").forEach(count);
  all("dialog[data-open]").forEach((dialog) => { if (!dialog.open) dialog.showModal(); });
}
ready(document);
document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) ready(event.target); });
