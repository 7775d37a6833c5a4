// Copies the JSON of the answer; where the browser has no clipboard for us (plain http), it selects it instead.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("#copy");
  if (!button) return;
  const json = document.getElementById("json");
  try {
    await navigator.clipboard.writeText(json.textContent);
    button.textContent = "Copied";
  } catch {
    json.closest("details").open = true;
    getSelection().selectAllChildren(json);
    button.textContent = "Selected; press Ctrl+C";
  }
});
