/* The style editor: twins of the typed values (sliders, pickers, lamps), live pictures, saving, undo. */

const form = document.querySelector("[data-editor]");
const words = form.dataset;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const toast = (text, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));

/* --- Values ------------------------------------------------------------------------------------------ */
const NOT_LOOK = new Set(["csrfmiddlewaretoken", "seen", "name"]);
const input = (name) => form.elements[name];
const number = (name) => Number(input(name).value);

/** Every control of the look by name, as typed; a list where several are chosen. */
function values() {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (!NOT_LOOK.has(name)) found[name] = name in found ? [found[name], value].flat() : value;
  }
  return found;
}

/** Set a control; of a choice, the members with these values if there are any. */
function assign(name, value) {
  const boxes = $$(`input[type="checkbox"][name="${name}"]`, form);
  const choices = $$(`input[type="radio"][name="${name}"]`, form);
  if (boxes.length) for (const box of boxes) box.checked = [value].flat().includes(box.value);
  else if (choices.length) for (const choice of choices) choice.checked = choice.value === value;
  else if (input(name)) input(name).value = value;
}

function put(name, value) {
  const field = input(name);
  if (field.value === String(value)) return;
  field.value = value;
  // A list of radio buttons is no event target; its checked member is.
  (field instanceof RadioNodeList ? $(`[name="${name}"]:checked`, form) : field).dispatchEvent(new Event("input", { bubbles: true }));
}

/* --- Sliders and colour pickers beside what is typed ------------------------------------------------- */
for (const place of $$("[data-slide]", form)) {
  const control = place.closest("[data-control]");
  const typed = $("input", control);
  const slider = Object.assign(document.createElement("input"), { type: "range", min: typed.min, max: typed.max, step: typed.dataset.step });
  slider.setAttribute("aria-label", say(words.slider, { label: $("label", control).textContent.trim() }));
  slider.addEventListener("input", () => put(typed.name, slider.value));
  typed.twin = slider;
  place.append(slider);
}
for (const place of $$("[data-pick]", form)) {
  const control = place.closest("[data-control]");
  const typed = $("input", control);
  const picker = Object.assign(document.createElement("input"), { type: "color" });
  picker.setAttribute("aria-label", say(words.picker, { label: $("label", control).textContent.trim() }));
  picker.addEventListener("input", () => put(typed.name, picker.value));
  typed.twin = picker;
  place.append(picker);
}

function syncTwins() {
  for (const field of $$("input", form)) {
    if (!field.twin) continue;
    if (field.twin.type === "range" && field.value !== "") field.twin.value = field.value;
    if (field.twin.type === "color" && /^#[0-9a-f]{6}$/i.test(field.value)) field.twin.value = field.value.toLowerCase();
  }
}

/* --- The lamps --------------------------------------------------------------------------------------- */
const ORBIT = 64;
const ORBIT_SIDE = 108;
const rad = (degrees) => (degrees * Math.PI) / 180;
// Seen from above the camera stands below the head; its right is the picture's right.
const above = (degrees, radius = ORBIT) => [radius * Math.sin(rad(degrees)), radius * Math.cos(rad(degrees))];
const aside = (degrees, radius = ORBIT_SIDE) => [radius * Math.cos(rad(degrees)), -radius * Math.sin(rad(degrees))];

/** Colour of a black body, good enough for a drawing of a lamp (Tanner Helland's fit, 2012). */
function kelvin(k) {
  const t = k / 100;
  const clamp = (x) => Math.round(Math.min(255, Math.max(0, x)));
  const red = t <= 66 ? 255 : 329.7 * (t - 60) ** -0.1332;
  const green = t <= 66 ? 99.47 * Math.log(t) - 161.1 : 288.1 * (t - 60) ** -0.0755;
  const blue = t >= 66 ? 255 : 138.5 * Math.log(t - 10) - 305;
  return `rgb(${clamp(red)} ${clamp(green)} ${clamp(blue)})`;
}

function cone([x, y], width) {
  const length = Math.hypot(x, y);
  const [nx, ny] = [(-y / length) * width, (x / length) * width];
  return `M${x} ${y} L${nx} ${ny} L${-nx} ${-ny} Z`;
}

function place(name, at, strength, color, width) {
  const lamp = $(`[data-lamp="${name}"]`);
  lamp.setAttribute("transform", `translate(${at[0]} ${at[1]})`);
  $("circle:last-child", lamp).setAttribute("fill", color);
  const beam = $(`[data-beam="${name}"]`);
  beam.setAttribute("d", cone(at, width));
  beam.setAttribute("fill", color);
  beam.setAttribute("fill-opacity", 0.12 + 0.5 * strength);
}

function drawRig() {
  const azimuth = number("light_key_azimuth_deg");
  const elevation = number("light_key_elevation_deg");
  const color = kelvin(number("light_temperature_k"));
  place("key", above(azimuth), 1, color, 20);
  // Fill and rim follow from the rig: opposite the key, and behind on the far side.
  const other = azimuth >= 0 ? -1 : 1;
  place("fill", above(other * 50), 1 / number("light_key_fill_ratio") - 0.2, color, 14);
  place("rim", above(other * 150), number("light_rim") / 100, color, 8);
  place("height", aside(elevation), 1, color, 22);
  for (const lamp of $$("[data-for]")) {
    const shown = input(lamp.dataset.for).value;
    lamp.setAttribute("aria-valuenow", shown);
    lamp.setAttribute("aria-valuetext", `${shown}°`);
  }
}

function nudge(name, by) {
  const field = input(name);
  put(name, Math.min(Number(field.max), Math.max(Number(field.min), Math.round(number(name) + by))));
}

function pointerAngle(lamp, event) {
  const svg = lamp.ownerSVGElement;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const turn = lamp.dataset.lamp === "key" ? Math.atan2(at.x, at.y) : Math.atan2(-at.y, at.x);
  return (turn * 180) / Math.PI;
}

for (const lamp of $$("[data-for]")) {
  const name = lamp.dataset.for;
  lamp.addEventListener("pointerdown", (event) => {
    lamp.setPointerCapture(event.pointerId);
    lamp.focus();
    event.preventDefault();
  });
  lamp.addEventListener("pointermove", (event) => {
    if (lamp.hasPointerCapture(event.pointerId)) nudge(name, pointerAngle(lamp, event) - number(name));
  });
  lamp.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!step) return;
    nudge(name, step * (event.shiftKey ? 5 : 1));
    event.preventDefault();
  });
}
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-nudge]");
  if (button) nudge(button.dataset.nudge, Number(button.dataset.by));
});

/* --- Pictures: one request per person at a time, the newest look next -------------------------------- */
// A request that a newer look has overtaken is given up after this; before, its picture is still wanted.
const GIVE_UP_MS = 1500;
const PICTURE_RETRY_MS = 3000;
let view = "after";
const sitters = new Map();

// Previews are the studio's: reference pictures change nothing in them.
const query = () => {
  const { references, ...look } = values();
  return new URLSearchParams(look).toString();
};

function wanted(figure) {
  const base = view === "before" ? figure.dataset.before : figure.dataset.picture;
  return `${base}?${query()}&size=card`;
}

async function render(figure) {
  const state = sitters.get(figure);
  if (state.busy) {
    state.again = true;
    if (performance.now() - state.started > GIVE_UP_MS) state.abort.abort();
    return;
  }
  const address = wanted(figure);
  if (state.shown === address) return;
  Object.assign(state, { busy: true, again: false, abort: new AbortController(), started: performance.now() });
  progress();
  try {
    const response = await fetch(address, { signal: state.abort.signal, headers: { Accept: "image/jpeg, application/json" } });
    if (response.ok) {
      await show(figure, await response.blob());
      state.shown = address;
      note(figure, "");
      if (!state.again) squares(figure);
    } else {
      note(figure, response.status === 422 ? (await response.json()).message : words.lost);
    }
  } catch (error) {
    if (error.name !== "AbortError") {
      note(figure, words.lost);
      setTimeout(render, PICTURE_RETRY_MS, figure);
    }
  }
  state.busy = false;
  state.took = performance.now() - state.started;
  progress();
  if (state.again) render(figure);
}

/** Square and round are framed anew, as directories get them; the photo before is only cut. */
function squares(figure) {
  const before = view === "before";
  const address = before ? $("[data-shown]", figure).src : `${figure.dataset.picture}?${query()}&size=square`;
  for (const crop of $$("[data-crop='']", figure)) if (before || crop.offsetParent) crop.src = address;
}

async function show(figure, blob) {
  const url = URL.createObjectURL(blob);
  const loaded = new Image();
  loaded.src = url;
  await loaded.decode();
  const picture = $("[data-shown]", figure);
  const last = picture.src;
  picture.src = url;
  for (const crop of $$("[data-crop='badge']", figure)) crop.src = url;
  if (last.startsWith("blob:")) URL.revokeObjectURL(last);
}

function note(figure, text) {
  const place = $("[data-note]", figure);
  place.textContent = text;
  place.hidden = !text;
}

let ticking;
const tenth = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const tenths = (seconds) => tenth.format(seconds);
function progress() {
  const all = [...sitters.values()];
  const busy = all.filter((state) => state.busy);
  const place = $("[data-progress]");
  clearTimeout(ticking);
  if (busy.length) {
    const since = Math.min(...busy.map((state) => state.started));
    const seconds = tenths((performance.now() - since) / 1000);
    place.textContent = say(words.rendering, { done: all.length - busy.length + 1, total: all.length, seconds });
    ticking = setTimeout(progress, 100);
  } else if (all.some((state) => state.took)) {
    const seconds = tenths(Math.max(...all.map((state) => state.took ?? 0)) / 1000);
    place.textContent = say(words.rendered, { total: all.length, seconds });
  }
}

// A pause of two frames gathers what one stroke of a key or one move of a lamp changes together.
const GATHER_MS = 40;
let gathering;
function renderAll() {
  clearTimeout(gathering);
  gathering = setTimeout(() => [...sitters.keys()].forEach(render), GATHER_MS);
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (!event.detail.target.matches("[data-sitters]")) return;
  sitters.clear();
  for (const figure of $$("[data-sitter]")) {
    sitters.set(figure, {});
    const shown = $("[data-shown]", figure);
    for (const crop of $$("[data-crop='badge']", figure)) crop.src = shown.src;
    squares(figure);
    shown.addEventListener("error", () => render(figure), { once: true });
  }
  const foot = $("[data-stage-foot]");
  foot.textContent = $("[data-demo]") || $$("[data-sitter]").length < 3 ? foot.dataset.few : "";
  drawFraming();
  // The fragment shows the saved draft; the form may hold something newer.
  if (history.length > 1 || form.querySelector("[data-errors] .errorlist")) renderAll();
});

/* --- Files: pictures of rooms with their middle, colour tables --------------------------------------- */
const focal = $("[data-focal]");

function chosenRoom() {
  return $("[name=backdrop_image]:checked", form);
}

/** The chosen picture with the point that stays in the middle of the frame. */
function drawFocal() {
  const room = chosenRoom();
  focal.hidden = !room;
  if (!room) return;
  const shown = $("[data-focal-picture]", focal);
  const small = $("img", room.parentElement);
  if (shown.src !== small.src) Object.assign(shown, { src: small.src, width: small.getAttribute("width"), height: small.getAttribute("height") });
  const mark = $("[data-focal-mark]", focal);
  mark.style.left = `${number("backdrop_focus_x")}%`;
  mark.style.top = `${number("backdrop_focus_y")}%`;
}

const inPercent = (share) => Math.round(Math.min(1, Math.max(0, share)) * 100);
focal.addEventListener("click", (event) => {
  // A key press is a click without a place.
  if (!event.detail) return;
  const box = focal.getBoundingClientRect();
  put("backdrop_focus_x", inPercent((event.clientX - box.left) / box.width));
  put("backdrop_focus_y", inPercent((event.clientY - box.top) / box.height));
});
focal.addEventListener("keydown", (event) => {
  const step = { ArrowRight: ["x", 2], ArrowLeft: ["x", -2], ArrowDown: ["y", 2], ArrowUp: ["y", -2] }[event.key];
  if (!step) return;
  nudge(`backdrop_focus_${step[0]}`, step[1]);
  event.preventDefault();
});
form.addEventListener("change", (event) => {
  // A room without a picture is nothing: the newest one is a start.
  if (event.target.name !== "backdrop_kind" || event.target.value !== "office" || chosenRoom()) return;
  const first = $("[name=backdrop_image]", form);
  if (!first) return;
  first.checked = true;
  first.dispatchEvent(new Event("input", { bubbles: true }));
});

const uploadProgress = (sender) => $(`[data-upload-progress="${sender.id}"]`);
document.body.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  if (!target.matches("[data-upload]") || !detail.lengthComputable) return;
  const percent = Math.floor((100 * detail.loaded) / detail.total);
  uploadProgress(target).textContent = percent < 100 ? say(words.uploading, { percent }) : words.checking;
});
document.body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!target.matches("[data-upload]")) return;
  uploadProgress(target).textContent = detail.successful ? "" : words.uploadLost;
  // The same file can be chosen again after it was refused.
  for (const file of $$(`[form="${target.id}"][type="file"]`, document)) file.value = "";
});
document.body.addEventListener("htmx:afterSettle", ({ target }) => {
  if (!target.matches("[data-files]")) return;
  remember();
  changed();
});

/* --- Guides and crops -------------------------------------------------------------------------------- */
const FRAME_RATIO = 0.8;
// Where directories put the eyes in a square, as a fraction of its height (branding/presets.py); the photo
// before is cut to show them there.
const SQUARE_EYES = 0.48;

function drawFraming() {
  const eyes = number("framing_eye_line") / 100;
  const head = number("framing_head_height") / 100;
  const middle = number("framing_eye_center");
  const top = Math.max(0, eyes - head);
  const line = (y, text) => `<line x1="0" x2="100" y1="${y * 125}" y2="${y * 125}"/><text x="2" y="${y * 125 - 1.5}">${text}</text>`;
  const percent = (x) => `${Math.round(x * 100)} %`;
  for (const guides of $$("[data-guides]")) {
    guides.innerHTML =
      `<line class="guide-soft" x1="${middle}" x2="${middle}" y1="0" y2="125"/>` +
      line(top, `${words.headroom} ${percent(top)}`) + line(eyes, `${words.eyes} ${percent(eyes)}`) + line(eyes + head, `${words.chin} ${percent(eyes + head)}`);
  }
  // The square takes the frame's full width and moves up or down until the eyes stand right.
  const free = 1 - FRAME_RATIO;
  const from = Math.min(free, Math.max(0, eyes - SQUARE_EYES * FRAME_RATIO));
  for (const crop of $$("[data-crop='']")) crop.style.objectPosition = `50% ${(from / free) * 100}%`;
}

form.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle]");
  const choice = event.target.closest("[data-view]");
  if (toggle) {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", on);
    $(".editor-stage").classList.toggle(`no-${toggle.dataset.toggle}`, !on);
    if (toggle.dataset.toggle === "crops" && on) [...sitters.keys()].forEach(squares);
    if (toggle.dataset.toggle === "guides") for (const guides of $$("[data-guides]")) guides.toggleAttribute("hidden", !on);
  }
  if (choice) {
    view = choice.dataset.view;
    for (const button of $$("[data-view]")) button.setAttribute("aria-pressed", button === choice);
    renderAll();
  }
});

/* --- Saving: by itself after a pause; two windows never overwrite each other unasked ------------------ */
const SAVE_MS = 1200;
const RETRY_MS = 5000;
let saving = false;
let dirty = false;
let conflict = null;
let timer;
const saved = $("[data-saved]");

function later(ms = SAVE_MS) {
  dirty = true;
  saved.textContent = words.unsaved;
  clearTimeout(timer);
  if (!conflict) timer = setTimeout(save, ms);
}

async function save() {
  if (saving || conflict) return;
  clearTimeout(timer);
  saving = true;
  dirty = false;
  saved.textContent = words.saving;
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    await answered(response.status, await response.json());
  } catch {
    dirty = true;
    saved.textContent = words.offline;
    timer = setTimeout(save, RETRY_MS);
  }
  saving = false;
  if (dirty && !conflict && saved.textContent !== words.offline) later();
}

async function answered(status, told) {
  if (status === 200) {
    form.elements.seen.value = told.seen;
    showErrors({});
    saved.textContent = say(words.savedAt, { at: told.at });
    listChanges(told.changes);
    $("h1").textContent = told.name;
  } else if (status === 409) {
    dirty = true;
    conflict = told;
    saved.textContent = words.unsaved;
    tellConflict(told);
  } else if (status === 422) {
    saved.textContent = words.wrong;
    showErrors(told.errors);
  } else {
    throw new Error(status);
  }
}

function showErrors(errors) {
  for (const control of $$("[data-control]", form)) {
    const messages = errors[control.dataset.control] ?? [];
    const place = $("[data-errors]", control);
    place.replaceChildren();
    // A picker without files has nothing to choose yet.
    const field = $("[name]", control) ?? $("fieldset", control);
    field.toggleAttribute("aria-invalid", messages.length > 0);
    if (messages.length) field.setAttribute("aria-invalid", "true");
    if (!messages.length) continue;
    const list = Object.assign(document.createElement("ul"), { className: "errorlist", id: `id_${control.dataset.control}_error` });
    list.append(...messages.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    place.append(list);
    field.setAttribute("aria-describedby", list.id);
    control.closest("details")?.setAttribute("open", "");
  }
}

function listChanges(changes) {
  const list = $("[data-changes]");
  if (!list) return;
  const lines = changes.length ? changes : [list.dataset.none];
  list.replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

function tellConflict({ at, differences, seen }) {
  const card = $("#conflict-template").content.firstElementChild.cloneNode(true);
  const title = $("[data-conflict-title]", card);
  title.textContent = say(title.dataset.words, { at });
  $("[data-conflict-list]", card).replaceChildren(...differences.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  $("[data-keep]", card).addEventListener("click", () => {
    form.elements.seen.value = seen;
    conflict = null;
    card.remove();
    save();
  });
  $("[data-theirs]", card).addEventListener("click", () => {
    dirty = false;
    location.reload();
  });
  $("[data-conflict-place]").replaceChildren(card);
  card.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
addEventListener("beforeunload", (event) => {
  if (dirty || saving) event.preventDefault();
});
// Publishing reads the saved draft: what is still in the form goes first.
$("[data-publish]").addEventListener("click", async (event) => {
  if (!dirty && !saving) return;
  event.preventDefault();
  const address = event.currentTarget.href;
  if (dirty) await save();
  while (saving) await new Promise((go) => setTimeout(go, 50));
  if (!dirty && !conflict && !$(".errorlist", form)) location.assign(address);
  else toast(saved.textContent, "warning");
});

/* --- Undo and redo ----------------------------------------------------------------------------------- */
const HISTORY_MS = 400;
const history = [values()];
let at = 0;
let remembering;

function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    if (JSON.stringify(history[at]) === JSON.stringify(values())) return;
    history.splice(at + 1, Infinity, values());
    at = history.length - 1;
    historyButtons();
  }, HISTORY_MS);
}

function historyButtons() {
  $("[data-undo]").disabled = at === 0;
  $("[data-redo]").disabled = at === history.length - 1;
}

function step(by) {
  if (!history[at + by]) return;
  at += by;
  for (const [name, value] of Object.entries(history[at])) assign(name, value);
  historyButtons();
  changed();
}
$("[data-history]").hidden = false;
$("[data-undo]").addEventListener("click", () => step(-1));
$("[data-redo]").addEventListener("click", () => step(1));
document.addEventListener("keydown", (event) => {
  // Text fields have an undo of their own.
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("textarea, input[type='text']")) return;
  event.preventDefault();
  step(event.shiftKey ? 1 : -1);
});

/* --- Everything follows from a change ---------------------------------------------------------------- */
function changed() {
  syncTwins();
  drawRig();
  drawFocal();
  drawFraming();
  renderAll();
  later();
  document.body.dispatchEvent(new Event("look-changed"));
}
form.addEventListener("input", (event) => {
  if (event.target.name === "name") return later();
  if (!event.target.name) return undefined;
  remember();
  return changed();
});

syncTwins();
drawRig();
drawFocal();
if (window.htmx) drawFraming();
