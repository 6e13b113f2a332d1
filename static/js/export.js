/* The export form. */

/* The file name pattern: a placeholder is written where the cursor stands. */
document.addEventListener("click", (event) => {
  const word = event.target.closest("[data-insert]");
  const pattern = document.querySelector("#id_pattern");
  if (!word || !pattern) return;
  const [from, to] = [pattern.selectionStart ?? pattern.value.length, pattern.selectionEnd ?? pattern.value.length];
  pattern.setRangeText(word.dataset.insert, from, to, "end");
  pattern.focus();
  pattern.dispatchEvent(new Event("input", { bubbles: true }));
});
