// Runs the demos of a page without a kernel. Each demo's module is registered as text, because
// browsers refuse to import files from disk; a Blob of that text can be imported anywhere.
(() => {
  // The part of the Anywidget model that needs no kernel, over the traits' initial state.
  function makeModel(state) {
    const listeners = new Map();
    const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
    return {
      get: (key) => state[key],
      set(key, value) {
        if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
        state[key] = value;
        for (const event of [`change:${key}`, "change"])
          of(event).forEach((listener) => listener());
      },
      save_changes() {},
      send() {},
      on: (event, listener) => of(event).add(listener),
      off: (event, listener) => of(event).delete(listener),
    };
  }

  const imported = new Map();
  function load(name) {
    if (!imported.has(name)) {
      const text = new Blob([window.courseDemos[name]], { type: "text/javascript" });
      imported.set(name, import(URL.createObjectURL(text)));
    }
    return imported.get(name);
  }

  async function start(box) {
    if (box.dataset.state) return;
    box.dataset.state = "starting";
    try {
      const model = makeModel(JSON.parse(box.querySelector("script").textContent));
      const { default: demo } = await load(box.dataset.module);
      const el = document.createElement("div");
      await demo.initialize?.({ model });
      await demo.render({ model, el });
      box.append(el); // the picture stays for paper
      box.dataset.state = "live";
    } catch (error) {
      box.dataset.state = "failed"; // the picture stays
      throw error;
    }
  }

  const boxes = document.querySelectorAll(".afm");
  const near = new IntersectionObserver(
    (entries) => entries.forEach((entry) => entry.isIntersecting && start(entry.target)),
    { rootMargin: "600px" },
  );
  boxes.forEach((box) => near.observe(box));
})();
