// A question answers for itself: each choice has its reply among "All answers".
for (const quiz of document.querySelectorAll(".quiz")) {
  const said = quiz.querySelector(".quiz-said");
  const button = quiz.querySelector(".quiz-check");
  const inputs = [...quiz.querySelectorAll("input")];
  const several = inputs[0].type === "checkbox";

  const say = (right, title, reply) => {
    const box = document.createElement("div");
    box.className = right ? "quiz-right" : "quiz-wrong";
    const strong = box.appendChild(document.createElement("strong"));
    strong.textContent = title;
    if (reply) box.append(...reply.cloneNode(true).childNodes);
    said.append(box);
  };
  const replyTo = (input) => quiz.querySelector(`[data-for="${input.value}"]`);
  const textOf = (input) => input.getAttribute("aria-label");

  button.hidden = false;
  button.addEventListener("click", () => {
    said.replaceChildren();
    const chosen = inputs.filter((input) => input.checked);
    if (!chosen.length) return say(false, "Pick an answer first.");
    for (const input of chosen) {
      const right = input.dataset.right === "true";
      const verdict = right ? "Right" : "Not right";
      say(right, several ? `${textOf(input)}: ${verdict.toLowerCase()}.` : `${verdict}.`, replyTo(input));
    }
    const missed = inputs.filter((input) => input.dataset.right === "true" && !input.checked);
    if (several && missed.length) say(false, `Still to find: ${missed.length}.`);
  });
}
