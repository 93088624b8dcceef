// The node list says which node the pointer or the keyboard is on; Dash has no focus event of its own.
(() => {
  const tell = (event) => {
    const node = event.target.closest && event.target.closest("[data-node]");
    if (node && window.dash_clientside && window.dash_clientside.set_props) {
      window.dash_clientside.set_props("node-focus", { data: node.dataset.node });
    }
  };
  document.addEventListener("focusin", tell);
  document.addEventListener("mouseover", tell);
})();
