/* The reviewer's pages: the undo becomes a toast, and the next person's picture is fetched ahead. */

const undo = document.querySelector("[data-undo]");
const toasts = document.querySelector("#toasts");
if (undo && toasts) {
  /* It stays until the next page: a decision is undone calmly. */
  undo.className = "toast toast-success";
  undo.removeAttribute("role");
  toasts.append(undo);
}

const ahead = document.querySelector("[data-ahead]");
if (ahead) {
  const fetchAhead = () => { new Image().src = ahead.dataset.ahead; };
  if ("requestIdleCallback" in window) requestIdleCallback(fetchAhead);
  else setTimeout(fetchAhead, 500);
}
