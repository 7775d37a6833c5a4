// Lights up the statement under the pointer or the focus; a click keeps it lit, another click or Escape lets it go.
// It listens at the document, so that it serves views which come later, and once, however many a notebook holds.
(() => {
  if (window.porteparole) return;
  window.porteparole = true;

  // The view of an element, and the statement that it stands for: a card's own, a segment's innermost.
  const find = (element) => {
    const part = element?.closest?.(".porteparole .pp-card, .porteparole .pp-seg");
    if (!part) return null;
    const statement = part.dataset.statement ?? part.dataset.of.split(":")[0];
    return { view: part.closest(".porteparole"), statement };
  };

  const light = (view, statement) => {
    view.toggleAttribute("data-lit", statement !== undefined);
    for (const segment of view.querySelectorAll(".pp-seg")) {
      const over = segment.dataset.of.trim().split(" ").find((name) => name.split(":")[0] === statement);
      if (over) segment.dataset.lit = over.split(":")[1];
      else delete segment.dataset.lit;
    }
    for (const card of view.querySelectorAll(".pp-card"))
      card.toggleAttribute("data-lit", card.dataset.statement === statement);
  };

  const keep = (view, statement) => {
    if (statement === undefined) delete view.dataset.kept;
    else view.dataset.kept = statement;
    for (const card of view.querySelectorAll(".pp-card"))
      card.querySelector("button").setAttribute("aria-pressed", card.dataset.statement === statement);
    light(view, statement);
  };

  const enter = (event) => {
    const found = find(event.target);
    if (found) light(found.view, found.statement);
  };
  const leave = (event) => {
    const found = find(event.target);
    if (found) light(found.view, found.view.dataset.kept);
  };
  document.addEventListener("mouseover", enter);
  document.addEventListener("mouseout", leave);
  document.addEventListener("focusin", enter);
  document.addEventListener("focusout", leave);
  document.addEventListener("click", (event) => {
    const found = find(event.target);
    if (found) keep(found.view, found.view.dataset.kept === found.statement ? undefined : found.statement);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".porteparole[data-kept]").forEach((view) => keep(view));
  });
})();
