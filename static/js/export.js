/* The export form: a placeholder is written where the cursor was, at first at the end. */

const pattern = document.querySelector("#id_pattern");
let cursor = null;
pattern?.addEventListener("blur", () => { cursor = [pattern.selectionStart, pattern.selectionEnd]; });

document.addEventListener("click", (event) => {
  const word = event.target.closest("[data-insert]");
  if (!word || !pattern) return;
  const end = pattern.value.length;
  const [from, to] = cursor ?? [end, end];
  pattern.setRangeText(word.dataset.insert, from, to, "end");
  pattern.focus();
  pattern.dispatchEvent(new Event("input", { bubbles: true }));
});
