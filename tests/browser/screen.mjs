// What a person sees in one tab and does there, whatever the engine. A tab of an engine has only to open an
// address, run a function in the page, click at a place, type, and go back and forward.

import assert from "node:assert/strict";

const seconds = 15;

export class Screen {
  #left = 0;

  constructor(tab, { base, javaScript = true }) {
    Object.assign(this, { tab, base, javaScript });
  }

  open(path) {
    return this.tab.open(new URL(path, this.base).href);
  }

  /** Runs a function in the page, which knows `find` and `named` as well. Only plain data go in and out. */
  run(act, ...parameters) {
    return this.tab.run(`(...parameters) => { ${named}\n${find}\nreturn (${act})(...parameters); }`, parameters);
  }

  /** Waits until the function says yes; a page that is just being replaced has not answered yet. */
  async until(act, ...parameters) {
    const end = Date.now() + seconds * 1_000;
    let last;
    while (Date.now() < end) {
      const answer = await this.run(act, ...parameters).catch((error) => ((last = error), null));
      if (answer) return answer;
      await pause(15);
    }
    throw new Error(`not within ${seconds} seconds: ${act} ${JSON.stringify(parameters)} (${last ?? "it said no"})`);
  }

  /** Does what leads to another page, and waits for it. */
  async go(act) {
    const left = ++this.#left;
    await this.run((left) => void (document.left = left), left);
    await act();
    await this.until((left) => {
      if (document.left === left || document.readyState !== "complete") return false;
      // By the standard autofocus comes with the first drawing, which may be after the load.
      return !document.querySelector("[autofocus]") || document.activeElement !== document.body;
    }, left);
  }

  /** Does what changes the list: in place with JavaScript, by another page without. */
  async change(act) {
    if (!this.javaScript) return this.go(act);
    const before = await this.run(() => {
      if (document.answers === undefined) {
        document.answers = 0;
        document.addEventListener("htmx:finally:request", () => document.answers++);
      }
      return document.answers;
    });
    await act();
    await this.until((before) => document.answers > before, before);
  }

  reload() {
    return this.go(() => this.run(() => void location.reload()));
  }

  back() {
    return this.tab.back().catch(() => {}); // when the server does not answer the engine says so
  }

  forward() {
    return this.tab.forward().catch(() => {});
  }

  /** Presses with the mouse in the middle of what is there, where nothing may lie above it. Gives the place. */
  async click(target) {
    await this.until((target) => find(target) !== null, target);
    const hasScrolled = await this.run((target) => {
      const before = scrollY;
      find(target).scrollIntoView({ block: "center", behavior: "instant" });
      return scrollY !== before;
    }, target);
    // Firefox scrolls what is shown, by which it takes a press, after what scripts are told.
    if (hasScrolled) await pause(100);
    // The browser may still be scrolling to the field that has the keyboard: then the place is outside the window.
    const { x, y, above } = await this.until((target) => {
      const element = find(target);
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { left, top, width, height } = element.getClientRects()[0];
      const [x, y] = [left + width / 2, top + height / 2];
      if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return null;
      const there = document.elementFromPoint(x, y);
      return { x, y, above: element.contains(there) ? null : (there?.outerHTML ?? "nothing") };
    }, target);
    assert.equal(above, null, `what lies above ${JSON.stringify(target)}`);
    await this.tab.click(x, y);
    return { x, y };
  }

  /** Replaces what stands in a field, letter by letter. */
  async fill(target, text) {
    await this.click(target);
    await this.run((target) => find(target).select(), target);
    await this.tab.type(text);
  }

  type(text) {
    return this.tab.type(text);
  }

  press(key) {
    return this.tab.press(key);
  }

  focus(target) {
    return this.run((target) => find(target).focus(), target);
  }

  /** The id of the element with the keyboard, or its class, or its name. */
  focused() {
    return this.run(() => {
      const element = document.activeElement;
      return element.getAttribute("id") || element.className || element.localName;
    });
  }

  text(target) {
    return this.run((target) => find(target).textContent, target);
  }

  value(target) {
    return this.run((target) => find(target).value, target);
  }

  attribute(target, name) {
    return this.run((target, name) => find(target).getAttribute(name), target, name);
  }

  title() {
    return this.run(() => document.title);
  }

  /** The text of each element that there is. */
  all(selector) {
    return this.run((selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent), selector);
  }

  async count(target) {
    if (typeof target === "string") return (await this.all(target)).length;
    return (await this.run((target) => find(target) !== null, target)) ? 1 : 0;
  }

  isVisible(target) {
    return this.run((target) => find(target)?.checkVisibility() ?? false, target);
  }

  /** The texts of the rows, in order. */
  texts() {
    return this.all("#todos .text > a");
  }

  /** The words at the top of the list. */
  said() {
    return this.run(() => {
      const parts = document.querySelectorAll("#status > span, #status > .failure");
      return [...parts].map((part) => part.innerText).join(" ");
    });
  }

  /** All that can be read, in fields too. A page of the browser's own, which lets nobody look, shows nothing of ours. */
  everything() {
    return this.run(() => {
      const fields = [...document.querySelectorAll("input:not([type=hidden])")].map((field) => field.value);
      return [document.title, document.body.innerText, ...fields].join("\n");
    }).catch(() => "");
  }

  async path() {
    const { pathname, search } = new URL(await this.tab.address());
    return pathname + search;
  }
}

export const pause = (milliseconds) => new Promise((later) => setTimeout(later, milliseconds));

/* These run in the page. */

/** What a control is called for whoever cannot see it. */
function named(element) {
  const labels = element.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id));
  const words = (labels ?? [...(element.labels ?? []), element]).map((label) => {
    const copy = label.cloneNode(true);
    for (const unheard of copy.querySelectorAll("[aria-hidden=true]")) unheard.remove();
    return copy.textContent;
  });
  const name = element.getAttribute("aria-label") ?? words.join(" ");
  return name.replace(/\s+/g, " ").trim();
}

/** The first element for a selector, or by its kind and name: `{ button: "Undo" }`. */
function find(target) {
  if (typeof target === "string") return document.querySelector(target);
  const [[kind, name]] = Object.entries(target);
  const kinds = { link: "a[href]", button: "button:not([role])", checkbox: "[role=checkbox], [type=checkbox]" };
  const all = [...document.querySelectorAll(kinds[kind])];
  return all.find((element) => element.checkVisibility() && named(element) === name) ?? null;
}
