/* The employee's photos: each file goes up in pieces, can be paused, and continues where it broke off, also
   after the tab was closed: the key of an upload is kept here, how far it has come is known by the server. */

const form = document.querySelector("[data-upload]");
const sending = document.querySelector("#sending");
/* Stays where it is while what stands in it is exchanged: an answer that comes late still has a place. */
const board = document.querySelector("#photo-board");
const words = document.querySelector("#upload-words").dataset;
const template = document.querySelector("#sending-card");
const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
const { scope, keyUrl, listUrl } = form.dataset;
const PIECE = Number(form.dataset.piece);
const LIMIT = Number(form.dataset.limit);
/* Two at a time: a slow line is not split further, a quick one is kept busy. */
const AT_ONCE = 2;
const MAX_TRIES = 6;
const LONGEST_WAIT_MS = 20000;
const NO_KEY = "00000000-0000-0000-0000-000000000000";

const items = [];
/* photo id → local picture, shown until the server has made its own (HEIC: only then). */
const local = new Map();

const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const language = document.documentElement.lang || undefined;

function megabytes(bytes) {
  return new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);
}

function announce(text) {
  document.querySelector("#announce").textContent = text;
}

/* --- Keys --------------------------------------------------------------------------------------- */
const slot = (file) => `onelight:${scope}:${file.name}:${file.size}:${file.lastModified}`;

function freshKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/* Private windows may refuse storage; then an upload survives pauses, but not a reload. */
function keyOf(file) {
  try {
    const known = localStorage.getItem(slot(file));
    if (known) return known;
    const key = freshKey();
    localStorage.setItem(slot(file), key);
    return key;
  } catch {
    return freshKey();
  }
}

function forgetKey(file) {
  try { localStorage.removeItem(slot(file)); } catch { /* nothing was kept */ }
}

/* --- Cards -------------------------------------------------------------------------------------- */
function makeCard(item) {
  const card = template.content.firstElementChild.cloneNode(true);
  const part = (name) => card.querySelector(`[data-${name}]`);
  part("name").textContent = item.file.name;
  part("pause").addEventListener("click", () => pause(item));
  part("go").addEventListener("click", () => { item.tries = 0; wait(item); });
  part("drop-file").addEventListener("click", () => drop(item));
  for (const button of card.querySelectorAll("button")) button.setAttribute("aria-label", `${button.getAttribute("aria-label")}: ${item.file.name}`);
  item.blob = URL.createObjectURL(item.file);
  const image = new Image(96, 96);
  image.alt = "";
  image.addEventListener("load", () => part("thumb").replaceChildren(image));
  image.addEventListener("error", () => { URL.revokeObjectURL(item.blob); item.blob = ""; });
  image.src = item.blob;
  item.card = card;
  item.part = part;
  sending.append(card);
  sending.hidden = false;
}

function paint(item, note) {
  const { state, part } = item;
  const percent = Math.floor((100 * item.offset) / Math.max(item.file.size, 1));
  const moving = state === "waiting" || state === "sending" || state === "offline";
  part("progress").value = percent;
  part("progress").setAttribute("aria-label", item.file.name);
  part("progress").hidden = state === "refused" || state === "note";
  part("note").setAttribute("aria-live", state === "sending" ? "off" : "polite");
  part("note").textContent = note ?? say(words[state], { percent, size: megabytes(item.file.size) });
  part("pause").hidden = !moving;
  part("go").hidden = state !== "paused" && state !== "broken";
  item.card.dataset.state = state;
  holdStart();
}

function set(item, state, note) {
  item.state = state;
  paint(item, note);
}

function remove(item) {
  item.card.remove();
  items.splice(items.indexOf(item), 1);
  sending.hidden = !sending.children.length;
  holdStart();
}

/* --- Moves -------------------------------------------------------------------------------------- */
function add(files) {
  for (const file of files) {
    const item = { file, key: keyOf(file), offset: 0, tries: 0, state: "waiting" };
    if (items.some((other) => other.key === item.key && other.state !== "refused" && other.state !== "note")) continue;
    items.push(item);
    makeCard(item);
    document.querySelector("[data-tips]")?.remove();
    hideUnfinished(item.key);
    const refusal = refuse(file);
    if (refusal) { forgetKey(file); set(item, "refused", refusal); } else wait(item);
  }
}

function refuse(file) {
  if (!file.size) return words.empty;
  if (file.size > LIMIT) return say(words.toobig, { size: megabytes(file.size), limit: megabytes(LIMIT) });
  if (file.type && !file.type.startsWith("image/") && file.type !== "application/octet-stream") return words.type;
  return "";
}

function wait(item) {
  set(item, "waiting");
  next();
}

function next() {
  const busy = items.filter((item) => item.state === "sending" || item.state === "offline").length;
  items.filter((item) => item.state === "waiting").slice(0, Math.max(0, AT_ONCE - busy)).forEach(send);
}

function pause(item) {
  item.request?.abort();
  set(item, "paused");
  next();
}

async function drop(item) {
  const unsent = item.state !== "refused" && item.state !== "note";
  item.state = "dropped";
  item.request?.abort();
  if (unsent) {
    forgetKey(item.file);
    await fetch(`${urlOf(item)}drop/`, { method: "POST", headers: { "X-CSRFToken": csrf } }).catch(() => {});
  }
  remove(item);
  next();
}

const urlOf = (item) => keyUrl.replace(NO_KEY, item.key);

/* Pieces follow one another until the server says that it is a photo. */
async function send(item) {
  set(item, "sending");
  try {
    let answer = await call(item, "GET");
    while (item.state === "sending" && !answer.photo) {
      item.offset = answer.offset;
      paint(item);
      answer = await call(item, "POST", item.file.slice(item.offset, item.offset + PIECE));
      item.tries = 0;
    }
    if (answer.photo && item.state !== "dropped") arrived(item, answer);
  } catch (problem) {
    if (item.state !== "sending") return;
    if (problem.refused) { forgetKey(item.file); set(item, "refused", problem.refused); } else await later(item);
  }
  next();
}

function call(item, method, piece) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    item.request = request;
    request.open(method, urlOf(item));
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    if (piece) {
      request.setRequestHeader("X-CSRFToken", csrf);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("Upload-Name", encodeURIComponent(item.file.name));
      request.setRequestHeader("Upload-Size", item.file.size);
      request.setRequestHeader("Upload-Offset", item.offset);
      const start = item.offset;
      request.upload.addEventListener("progress", (event) => { item.offset = start + Math.min(event.loaded, piece.size); paint(item); });
    }
    request.addEventListener("load", () => {
      const body = request.response ?? {};
      const { status } = request;
      /* 409: the server stands elsewhere (another tab, or an answer that got lost) and says where. */
      if (status === 200 || status === 409) resolve(body);
      else if (status === 422 || body.refused) reject({ refused: body.refused });
      else if ([403, 404, 410].includes(status)) reject({ refused: words.gone });
      else reject({});
    });
    request.addEventListener("error", () => reject({}));
    request.addEventListener("abort", () => reject({}));
    request.send(piece);
  });
}

async function later(item) {
  item.tries += 1;
  if (item.tries > MAX_TRIES) { set(item, "broken"); return; }
  set(item, "offline");
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(1000 * 2 ** (item.tries - 1), LONGEST_WAIT_MS));
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
  if (item.state === "offline") wait(item);
}

function arrived(item, answer) {
  forgetKey(item.file);
  if (item.blob) local.set(answer.photo, item.blob);
  if (answer.note) { item.offset = item.file.size; set(item, "note", answer.note); } else remove(item);
  announce(answer.note || say(words.arrived, { name: item.file.name }));
  refresh();
}

/* --- What the server shows ------------------------------------------------------------------------ */
function refresh() {
  window.htmx.ajax("GET", listUrl, { target: board, swap: "innerHTML" });
}

/* Answers overtake each other. A list that was asked for before what stands is stale (it may show a photo that
   was removed since): it is dropped. What a removal says is then asked for anew: the list that overtook it may
   have been made before the photo was gone. */
let asked = 0;
let shown = 0;
document.addEventListener("htmx:configRequest", (event) => { asked += 1; event.detail.turn = asked; });
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig, shouldSwap } = event.detail;
  if (target !== board || !shouldSwap) return;
  if (requestConfig.turn > shown) { shown = requestConfig.turn; return; }
  event.detail.shouldSwap = false;
  if (requestConfig.verb === "post") refresh();
});

function showLocal() {
  for (const place of document.querySelectorAll("[data-photo]")) {
    const blob = local.get(place.dataset.photo);
    if (!blob || place.querySelector("img")) continue;
    const image = new Image(96, 96);
    image.alt = "";
    image.src = blob;
    place.replaceChildren(image);
  }
}

/* What is on its way would be left out of the pictures: wait for it. */
function holdStart() {
  const button = document.querySelector("[data-start-button]");
  if (!button) return;
  button.dataset.ready ??= button.disabled ? "no" : "yes";
  const moving = items.some((item) => ["waiting", "sending", "offline"].includes(item.state));
  button.disabled = moving || button.dataset.ready === "no";
  /* One obvious next step: the camera until there is enough, then the studio. */
  form.querySelector("[data-first-step]").classList.toggle("btn-primary", button.disabled);
}

function hideUnfinished(key) {
  document.querySelector(`[data-unfinished="${key}"]`)?.remove();
  const section = document.querySelector("#unfinished");
  if (section && !section.querySelector("[data-unfinished]")) section.remove();
}

let wasChecking = document.querySelector("#photo-state")?.dataset.checking === "yes";
document.addEventListener("htmx:afterSettle", () => {
  const state = document.querySelector("#photo-state");
  if (!state) return;
  showLocal();
  holdStart();
  const checking = state.dataset.checking === "yes";
  if (wasChecking && !checking) announce(state.querySelector(".coverage-title")?.textContent ?? "");
  wasChecking = checking;
});

/* The removed card took the focus with it. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.verb !== "post") return;
  (document.querySelector(".coverage-title") ?? form.querySelector("[data-first-step] input")).focus();
});

for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
}
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
addEventListener("beforeunload", (event) => {
  if (items.some((item) => item.state === "sending" || item.state === "offline")) event.preventDefault();
});
