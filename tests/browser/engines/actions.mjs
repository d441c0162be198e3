// Keys and clicks as WebDriver and WebDriver BiDi both take them.

const keys = { Enter: "\uE007", Tab: "\uE004", Escape: "\uE00C", Space: " ", Shift: "\uE008", Control: "\uE009", ArrowUp: "\uE013", ArrowDown: "\uE015" };

const keyboard = (actions) => [{ type: "key", id: "keyboard", actions }];
const down = (value) => ({ type: "keyDown", value });
const up = (value) => ({ type: "keyUp", value });

/** Each character by a key of its own. */
export function typing(text) {
  return keyboard([...text].flatMap((letter) => [down(letter), up(letter)]));
}

/** A key, or some held together: `Shift+Tab`. */
export function pressing(names) {
  const values = names.split("+").map((name) => keys[name] ?? name);
  return keyboard([...values.map(down), ...values.reverse().map(up)]);
}

export function clicking(x, y) {
  const move = { type: "pointerMove", x: Math.round(x), y: Math.round(y), origin: "viewport" };
  const press = [{ type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
  return [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [move, ...press] }];
}

/** Presses at the first place, goes along the others and lets go at the last one, with a mouse, a finger or a pen. */
export function dragging(pointerType, [start, ...places]) {
  const to = ({ x, y }, duration = 50) => ({ type: "pointerMove", x: Math.round(x), y: Math.round(y), duration, origin: "viewport" });
  const pause = { type: "pause", duration: 50 };
  const way = places.flatMap((place) => [to(place), pause]);
  const actions = [to(start, 0), { type: "pointerDown", button: 0 }, pause, ...way, { type: "pointerUp", button: 0 }];
  return [{ type: "pointer", id: pointerType, parameters: { pointerType }, actions }];
}
