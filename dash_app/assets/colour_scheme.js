// Figures and the graph are drawn for one colour scheme; this tells the server which one the page shows.
(() => {
  const attribute = "data-mantine-color-scheme";
  const root = document.documentElement;
  const shown = () => root.getAttribute(attribute) || "light";

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.colour_scheme = { shown };

  new MutationObserver(() => {
    if (window.dash_clientside.set_props && document.getElementById("tabs")) {
      window.dash_clientside.set_props("colour-scheme-shown", { data: shown() });
    }
  }).observe(root, { attributes: true, attributeFilter: [attribute] });
})();
