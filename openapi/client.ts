// A client that works offline, by the rules of README.md; it needs no package. `state` is what `save` got last, or
// nothing: what belongs together is saved once, which is the transaction. (With long lists, keep `copies` and `queue`
// in stores of IndexedDB or tables of SQLite.) `send(call, body, token)` makes one POST and throws when no answer comes.
// `ask(call, problem)` shows the person both versions, and says whether the own one shall stand. One `sync` at a time.

export type Todo = { id: string; description: string; is_done: boolean; created_date: string; rev: number; removed?: true };
export type Verb = "add_todo" | "update_todo" | "update_todo_status" | "remove_todo" | "restore_todo";
export type Plan = { notes?: string | null; due_date?: string | null; due_time?: string | null; priority?: string | null; repeat?: object | null };
export type Fields = Plan & { description?: string; is_done?: boolean; created_date?: string }; // null clears
export type Call = Fields & { call_id: string; call: Verb; id: string; expected_rev?: number };
export type Problem = { status: number; code: string; detail: string; current?: Todo };
export type Reply = { status: number; kind: string; retryAfter?: string; text: string };
export type Save = (state: State) => void;
export type Send = (call: string, body: object, token?: string) => Promise<Reply>;
export type Ask = (call: Call, problem: Problem) => Promise<boolean>;
type Answer = { status: number } & ({ todo: Todo; problem?: undefined } | { todo?: undefined; problem: Problem });
type Changes = { todos: Todo[]; removed: { id: string }[]; next: string; has_more: boolean; full: boolean; snapshot?: string };
type Tokens = { token: string; refresh_token: string };

export type State = Partial<Tokens> & {
  leaving: string[]; // refresh tokens of sessions that are to be ended
  failed: { call: Call; problem: Problem }[]; // tell the person, who may want the text
  since?: string;
  copies: Record<string, Todo & { snapshot?: string }>; // as the server has them
  queue: Call[];
};
const nothing = (): State => ({ leaving: [], failed: [], copies: {}, queue: [] });

/** Keep everything and try again: after the seconds of the message, or else 1, 2, 4, … up to 60, with some chance added. */
export class Later extends Error {}
/** The session has ended: ask for the password. What waits stays. */
export class LoggedOut extends Error {}
/** What the person can mend (`wrong_credentials`), or a mistake of the app: the cause is the problem document. */
export class Refused extends Error {}

export class Client {
  state: State;
  constructor(state: Partial<State>, private readonly save: Save, private readonly send: Send, private readonly ask: Ask) {
    this.state = { ...nothing(), ...state };
  }

  /** The server's copies, and what waits laid over them. */
  shown(): Map<string, Partial<Todo>> {
    const shown = new Map<string, Omit<Partial<Todo>, "removed"> & { removed?: boolean }>(Object.entries(this.state.copies));
    for (const { call_id, call, id, expected_rev, ...fields } of this.state.queue) {
      if (call === "add_todo") shown.set(id, shown.get(id) ?? { id, is_done: false, ...fields });
      else if (shown.has(id)) shown.set(id, { ...shown.get(id), ...fields, removed: call === "remove_todo" });
    }
    return new Map([...shown].filter(([, { removed }]) => !removed)) as Map<string, Partial<Todo>>;
  }

  /** Appends a call. What waits is never changed, nor two calls made one: they may have been sent already. */
  change(call: Verb, id: string, fields: Fields = {}): void {
    const seen = call === "add_todo" ? undefined : this.state.copies[id]?.rev;
    this.state.queue.push({ call_id: crypto.randomUUID(), call, id, expected_rev: seen, ...fields });
    this.save(this.state);
  }

  async logIn(username: string, password: string, device_name: string): Promise<void> {
    const body = { username, password, device_name, call_id: crypto.randomUUID() };
    this.keepTokens(this.state, await this.once<Tokens>("login", body));
  }

  /** Also offline: the session itself is ended by `endLeftSessions`, when there is a network. */
  logOut(): void {
    const { refresh_token, leaving } = this.state;
    this.state = { ...nothing(), leaving: leaving.concat(refresh_token ?? []) };
    this.save(this.state);
  }

  async endLeftSessions(): Promise<void> {
    for (let refresh_token; (refresh_token = this.state.leaving[0]); this.save(this.state)) {
      const error: unknown = await this.once("logout", { refresh_token }).catch((error: unknown) => error);
      if (error && !(error instanceof LoggedOut || error instanceof Refused)) throw error; // else it had ended already
      this.state.leaving.shift();
    }
  }

  /** Sends what waits and fetches what has changed. After Later, or when `send` throws, it goes on where it was. */
  async sync(): Promise<void> {
    for (const { state } = this; ; ) {
      const calls = state.queue.slice(0, 100);
      const { answers, changes } = await this.call<{ answers: Answer[]; changes: Changes }>("sync", { since: state.since, calls });
      const again: Call[] = [];
      for (const [place, call] of calls.entries()) again.push(...(await this.settle(state, call, answers[place]!)));
      state.queue.splice(0, calls.length, ...again);
      store(state, changes);
      if (state !== this.state) return; // logged out meanwhile: nothing of that account is kept
      this.save(state);
      if (answers.some(({ status }) => status >= 500)) throw new Later();
      if (!changes.has_more && state.queue.length === 0) return;
    }
  }

  /** What is to be sent in place of the call; nothing when it is done. */
  private async settle(state: State, call: Call, { status, todo, problem }: Answer): Promise<Call[]> {
    if (status >= 500) return [call];
    if (todo) take(state, todo);
    else if (!problem.current || !["rev_conflict", "todo_removed"].includes(problem.code)) state.failed.push({ call, problem });
    else if (!(await this.ask(call, problem))) take(state, problem.current);
    else {
      const seen = { id: call.id, expected_rev: problem.current.rev };
      const mine: Call = { ...call, call_id: crypto.randomUUID(), ...seen };
      const restored: Call = { call_id: crypto.randomUUID(), call: "restore_todo", ...seen };
      return problem.code === "todo_removed" ? [restored, mine] : [mine];
    }
    return [];
  }

  private async call<T>(call: string, body: object): Promise<T> {
    const { state } = this;
    try {
      return await this.once<T>(call, body, state.token);
    } catch (error) {
      if (!(error instanceof LoggedOut) || !state.refresh_token) throw error;
      // the token has expired, or the server has another key: one refresh tells
      this.keepTokens(state, await this.once<Tokens>("refresh_token", { refresh_token: state.refresh_token }));
      return await this.once<T>(call, body, state.token);
    }
  }

  /** Saved before the new token is used: from then on the old refresh token is good no more. */
  private keepTokens(state: State, { token, refresh_token }: Tokens): void {
    Object.assign(state, { token, refresh_token });
    this.save(this.state);
  }

  private async once<T>(call: string, body: object, token?: string): Promise<T> {
    const { status, kind, retryAfter, text } = await this.send(call, body, token);
    const isPage = text && !kind.includes("json"); // that of some proxy
    if ([408, 429].includes(status) || status >= 500 || isPage) throw new Later(retryAfter);
    const answer = text ? JSON.parse(text) : undefined;
    if (status === 401 && answer.code !== "wrong_credentials") throw new LoggedOut();
    if (status >= 400) throw new Refused(answer.detail, { cause: answer });
    return answer;
  }
}

function take({ copies }: State, todo: Todo): void {
  if (todo.removed) delete copies[todo.id];
  else copies[todo.id] = todo;
}

function store(state: State, { todos, removed, next, has_more, full, snapshot }: Changes): void {
  for (const todo of todos) state.copies[todo.id] = { ...todo, snapshot };
  for (const { id } of removed) delete state.copies[id];
  const old = Object.values(state.copies).filter((copy) => copy.snapshot !== snapshot);
  if (full && !has_more) for (const { id } of old) delete state.copies[id]; // only now it is known what it did not bring
  state.since = next;
}
