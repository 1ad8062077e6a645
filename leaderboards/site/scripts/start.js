// What each kind of page begins with.

startTheme();
startTables();
const problems = (selector) => (problem) => say(problem, one(selector));
const starts = {
  board() {
    startRanking();
    painted().then(startCurves).catch(problems("[data-curves]"));
    if (one("[data-fronts]")) painted().then(startFronts).catch(problems("[data-fronts]"));
  },
  statistics() {
    startStatistics().catch(problems("[data-profiles]"));
  },
  explorer() {
    startExplorer().catch(problems("[data-space]"));
  },
  strategy() {
    if (one("[data-walk]")) startWalk().catch(problems("[data-walk-plot]"));
  },
};
starts[document.body.dataset.page]?.();
