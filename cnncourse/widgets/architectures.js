// The live demo of lesson 07-architectures. The traits of architectures.py are its whole interface.
function render({ model, el }) {
  const label = document.createElement("label");
  const slider = document.createElement("input");
  const output = document.createElement("output");
  Object.assign(slider, { type: "range", min: -10, max: 10 });
  label.append("factor ", slider);
  el.append(label, " ", output);
  const draw = () => {
    slider.value = model.get("factor");
    output.textContent = model.get("number") * model.get("factor");
  };
  slider.addEventListener("input", () => {
    model.set("factor", Number(slider.value));
    model.save_changes();
  });
  model.on("change:factor", draw);
  model.on("change:number", draw);
  draw();
}

export default { render };
