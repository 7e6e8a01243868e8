// Sphinx asks this for the score of each result of a search (its option html_search_scorer).
// A var, not a const: it is loaded behind Sphinx's own object of that name and takes its place.
var Scorer = {
  // Sphinx's own numbers.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,

  score: (result) => {
    const [page, title, anchor, , score] = result;
    // A word of the glossary leads into a page. Sphinx shows the page's title alone, so that one
    // title would stand there several times: say which section it is.
    const section = anchor && sectionNames().get(page + anchor);
    if (section && section !== title && !title.includes(">")) result[1] = `${title} > ${section}`;
    // Of pages that only contain the word, learners want the chapters first.
    return /^book\/\d/.test(page) && score < 15 ? score + 1 : score;
  },
};

let sections = null;
function sectionNames() {
  if (sections) return sections;
  const { docnames, alltitles, indexentries } = Search._index;
  sections = new Map();
  for (const [title, places] of Object.entries(alltitles)) {
    for (const [page, id] of places) if (id) sections.set(`${docnames[page]}#${id}`, title);
  }
  for (const [word, places] of Object.entries(indexentries)) {
    for (const [page, id] of places) {
      if (!id.startsWith("term-")) continue;
      // The index has small letters only; the anchor has the capitals, but no hyphens.
      const name = id.slice("term-".length).replaceAll("-", " ");
      sections.set(`${docnames[page]}#${id}`, name.toLowerCase() === word ? name : word);
    }
  }
  return sections;
}
