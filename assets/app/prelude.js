// Makes the pages more comfortable. Every part is optional: without this script all of it works by
// plain forms and links. The server decides what changes (htmx swaps its fragments in); the parts
// look after the words when the network fails, other tabs, drafts, times, and the keyboard.
//
// `build.rs` puts each file of this folder into a function of its own, in the order that stands
// there. What a part keeps, it keeps for itself: parts meet only in the page and in htmx's events.
// This file, which comes first, holds what all of them use.

const find = (selector) => document.querySelector(selector);
const on = (name, act) => document.addEventListener(name, act);
const hasId = (element, id) => element?.id === id;
const isRefresh = (ctx) => hasId(ctx.sourceElement, "refresh");
// The account that the page was made for: none, for a stranger.
const account = () => find("#main")?.dataset.account;
// Of which revision of the account something is: a row, the list, the count.
const revOf = (element) => Number(element?.dataset.rev);
// Whether it is a row with an edit form in it.
const isEditing = (element) => element?.matches(".editing") ?? false;
// More than the first page is shown, or asked for: that page alone would take those rows away.
const hasMoreRows = () => find("#todos[data-longer], #more .htmx-request") !== null;

// What the browser keeps for us under a name. Some keep nothing, or throw: then the page does, until it
// is left. `set` says whether the browser does.
function safeStorage(storage) {
  const here = new Map();
  const attempt = (act) => {
    try {
      return act(window[storage]);
    } catch {
      return undefined;
    }
  };
  return {
    get: (name) => attempt((there) => there.getItem(name)) ?? here.get(name),
    set(name, value) {
      here.set(name, value);
      return attempt((there) => (there.setItem(name, value), there.getItem(name))) === value;
    },
    remove(name) {
      here.delete(name);
      attempt((there) => there.removeItem(name));
    },
  };
}

// A new element with these properties, and this in it.
const make = (name, properties, ...content) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...content);
  return element;
};

// A part that cannot start says so and takes no other with it.
function startPart(name, part) {
  try {
    part();
  } catch (error) {
    console.error(`The part "${name}" of the page did not start:`, error);
  }
}
