/* The compose page: placeholders go in where the cursor was last, in the subject or the words. */

const form = document.getElementById("letter");
let field = form?.querySelector("textarea");

form?.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea, input[type=text]")) field = event.target;
});

form?.addEventListener("click", (event) => {
  const words = event.target.closest("[data-insert]")?.dataset.insert;
  if (!words) return;
  /* The link is too long for a subject. */
  if (words === "{link}") field = form.querySelector("textarea");
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
