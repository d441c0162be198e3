"""One day of a phone, by the generated client: what the guide in openapi/README.md promises. The
TypeScript scenario beside it walks the same way."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from tickbox_client import (
    AccountApi,
    AddTodo,
    ApiClient,
    ApiException,
    CallName,
    ChangePassword,
    Configuration,
    Login,
    Problem,
    Refresh,
    RegisterUser,
    SessionApi,
    SessionReference,
    SyncBatch,
    SyncCall,
    Todo,
    TodoApi,
    TodoReference,
    Tokens,
    UpdateTodo,
    UpdateTodoStatus,
)

URL = os.environ["TICKBOX_URL"]  # of a running Tickbox, such as http://127.0.0.1:8080

client = ApiClient(Configuration(host=f"{URL}/api/v1"))
account = AccountApi(client)
session = SessionApi(client)
todo = TodoApi(client)


def secret(text: str) -> str:
    """Notes what must stand in no log."""
    if path := os.environ.get("SECRETS_FILE"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    return text


def hold(tokens: Tokens) -> Tokens:
    secret(tokens.refresh_token)
    client.configuration.access_token = secret(tokens.token)
    return tokens


def refused(call: Callable[..., object], *args: object, **options: Any) -> ApiException:
    """The answer of a call that must not succeed."""
    try:
        call(*args, **options)
    except ApiException as error:
        return error
    raise AssertionError("the call succeeded")


def problem(call: Callable[..., object], *args: object, **options: Any) -> Problem:
    """The problem that a call fails with."""
    error = refused(call, *args, **options)
    assert isinstance(error.data, Problem), error
    assert error.data.status == error.status, error
    return error.data


def step(name: str) -> Callable[[Callable[[], None]], None]:
    def run(body: Callable[[], None]) -> None:
        body()
        print(f"  {name}")

    return run


username = f"py-{uuid4()}"
password = secret(f"scenario {uuid4()}")
person = RegisterUser(first_name="Ona", last_name="Petraitė", username=username, password=password)
milk = uuid4()


def add(description: str, id: UUID) -> Todo:
    return todo.add_todo(AddTodo(description=description, id=id))


@step("register")
def _() -> None:
    user = account.register_user(person)
    assert user.user_name == username
    assert account.register_user(person) == user, "as if the first answer had got lost"
    somebody = person.model_copy(update={"first_name": "Somebody"})
    assert problem(account.register_user, somebody).code == "username_taken"
    invalid = problem(account.register_user, person.model_copy(update={"first_name": " ", "last_name": ""}))
    assert invalid.code == "invalid_input"
    assert sorted(error.var_field for error in invalid.errors or []) == ["first_name", "last_name"]


@step("log in")
def _() -> None:
    assert problem(account.me).code == "unauthenticated"
    wrong = Login(username=username, password=secret(f"{password}?"))
    assert problem(session.login, wrong).code == "wrong_credentials"
    tokens = hold(session.login(Login(username=username, password=password, device_name="Python")))
    assert tokens.token_type == "Bearer"
    assert 0 < tokens.expires_in < tokens.refresh_expires_in
    assert account.me().last_name == "Petraitė"


@step("add, and add again")
def _() -> None:
    request = AddTodo(description="Buy milk", id=milk)
    first = todo.add_todo_with_http_info(request)
    again = todo.add_todo_with_http_info(request)
    assert (first.status_code, again.status_code) == (201, 200)
    added = first.data
    assert again.data == added
    assert added.id == milk
    assert not added.is_done
    assert added.done_date is None
    assert isinstance(added.created_date, datetime) and added.created_date.tzinfo
    assert problem(add, "Buy bread", milk).code == "id_reused"
    # the client itself refuses such a text unless it is asked not to look
    blank = AddTodo.model_construct(description=" ")
    assert problem(todo.add_todo, blank).code == "invalid_input"


@step("list by filter and page")
def _() -> None:
    others = ["Buy bread", "Buy salt", "Bäckerei 🥐 <b>&amp;</b>"]
    for description in others:
        add(description, uuid4())
    pages = [todo.todo_list(filter="open", limit=3)]
    while cursor := pages[-1].next_cursor:
        pages.append(todo.todo_list(filter="open", limit=3, cursor=cursor))
    assert [len(page.todos) for page in pages] == [3, 1]
    texts = [item.description for page in pages for item in page.todos]
    assert sorted(texts) == sorted(["Buy milk", *others])
    assert todo.todo_list(filter="done").todos == []


@step("complete twice, and reopen")
def _() -> None:
    done = todo.update_todo_status(UpdateTodoStatus(id=milk))
    assert done.is_done and done.done_date
    again = todo.update_todo_status(UpdateTodoStatus(id=milk, is_done=True))
    assert again == done, "a second time changes nothing, not even the date"
    reopened = todo.update_todo_status(UpdateTodoStatus(id=milk, is_done=False))
    assert not reopened.is_done and reopened.done_date is None
    assert reopened.rev > done.rev
    assert problem(todo.update_todo_status, UpdateTodoStatus(id=uuid4())).code == "todo_not_found"


@step("edit against a revision")
def _() -> None:
    [seen] = [item for item in todo.todo_list().todos if item.id == milk]
    edit = UpdateTodo(id=milk, description="Buy oat milk", expected_rev=seen.rev)
    edited = todo.update_todo(edit)
    assert edited.description == "Buy oat milk"
    assert todo.update_todo(edit) == edited, "what is stored already is no conflict"
    conflict = problem(todo.update_todo, edit.model_copy(update={"description": "Buy rice milk"}))
    assert conflict.code == "rev_conflict"
    assert conflict.current == edited


@step("sync: all, then what changed")
def _() -> None:
    full = todo.todo_changes()
    assert full.full and len(full.todos) == 4
    assert todo.todo_changes(since=full.next).todos == []

    tombstone = todo.remove_todo(TodoReference(id=milk))
    assert tombstone.removed
    assert todo.remove_todo(TodoReference(id=milk)) == tombstone
    delta = todo.todo_changes(since=full.next)
    assert not delta.full
    [change] = delta.todos
    assert (change.id, change.rev, change.removed) == (milk, tombstone.rev, True)

    assert todo.restore_todo(TodoReference(id=milk)).description == "Buy oat milk"
    [back] = todo.todo_changes(since=delta.next).todos
    assert back.id == milk and not back.removed


@step("sync by pages of one")
def _() -> None:
    pages = [todo.todo_changes(limit=1)]
    while pages[-1].has_more:
        pages.append(todo.todo_changes(limit=1, since=pages[-1].next))
    assert len({item.id for page in pages for item in page.todos}) == 4
    another = "2f1d6b8e.1"  # what somebody else was given
    assert problem(todo.todo_changes, since=another).code == "sync_token_expired"


@step("nothing new is 304")
def _() -> None:
    for ask in (todo.todo_list_with_http_info, todo.todo_changes_with_http_info):
        [etag] = [value for name, value in (ask().headers or {}).items() if name.lower() == "etag"]
        unchanged = refused(ask, _headers={"If-None-Match": etag})
        assert unchanged.status == 304


@step("send a batch twice")
def _() -> None:
    bread = uuid4()
    calls = [
        SyncCall(call_id=uuid4(), call=CallName.ADD_TODO, id=bread, description="Buy rye bread"),
        SyncCall(call_id=uuid4(), call=CallName.REMOVE_TODO, id=bread),
        SyncCall(call_id=uuid4(), call=CallName.UPDATE_TODO, id=bread, description="Buy white bread"),
    ]
    first = todo.sync(SyncBatch(calls=calls))
    assert [answer.status for answer in first.answers] == [201, 200, 409]
    refusal = first.answers[2].problem
    assert refusal and refusal.code == "todo_removed" and refusal.current
    assert refusal.current.description == "Buy rye bread"
    again = todo.sync(SyncBatch(calls=calls, since=first.changes.next))
    assert [answer.status for answer in again.answers] == [201, 200, 409]
    assert not again.changes.full
    assert again.changes.todos == [] and again.changes.removed == [], "the second time changes nothing"


@step("read what is newer than the app")
def _() -> None:
    newer = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "…", "code": "brand_new", "field": 1}
    refusal = Problem.from_dict(newer)
    assert refusal and refusal.code == "brand_new"
    added = Todo.from_dict(add("Buy tea", uuid4()).to_dict() | {"brand_new": None})
    assert added and added.description == "Buy tea"
    todo.remove_todo(TodoReference(id=added.id))


@step("clear each field of a plan, and leave the others")
def _() -> None:
    plan = {"notes": "Two", "due_date": "2100-12-24", "due_time": "17:00", "priority": "high", "repeat": {"every": "month"}}
    eggs = uuid4()
    add("Buy eggs", eggs)
    seen = todo.update_todo(UpdateTodo.model_validate({"id": eggs, **plan}))
    for field in ("notes", "priority", "repeat", "due_time", "due_date"):
        assert getattr(seen, field) not in (None, "none"), field
        renamed = todo.update_todo(UpdateTodo(id=eggs, description=f"Buy eggs, with {field}"))
        assert renamed == seen.model_copy(update={"description": renamed.description, "rev": renamed.rev}), field
        cleared = todo.update_todo(UpdateTodo.model_validate({"id": eggs, field: None}))
        nothing = "none" if field == "priority" else None
        seen = renamed.model_copy(update={field: nothing, "rev": cleared.rev})
        assert cleared == seen, field
    todo.remove_todo(TodoReference(id=eggs))


@step("see and end sessions, change the password")
def _() -> None:
    global password
    here = next(item for item in session.session_list().sessions if item.is_current)
    assert (here.kind, here.device) == ("api", "Python")
    held = client.configuration.access_token
    lost = hold(session.login(Login(username=username, password=password, device_name="Lost")))
    client.configuration.access_token = held
    assert [item.device for item in session.session_list().sessions] == ["Lost", "Python"]
    for _ in range(2):  # as if the first answer had got lost
        session.end_session(SessionReference(session_id=lost.session_id))

    change = ChangePassword(current_password=password, new_password=secret(f"another {uuid4()}"))
    for _ in range(2):
        account.change_password(change)
    assert account.me().user_name == username, "this session goes on"
    wrong = ChangePassword(current_password=password, new_password=secret(f"another {uuid4()}"))
    refused = problem(account.change_password, wrong)
    assert [error.code for error in refused.errors or []] == ["wrong_password"]
    password = change.new_password
    session.end_other_sessions()
    assert [item.session_id for item in session.session_list().sessions] == [here.session_id]


@step("refresh twice, log out")
def _() -> None:
    old = hold(session.login(Login(username=username, password=password)))
    first = hold(session.refresh_token(Refresh(refresh_token=old.refresh_token)))
    second = hold(session.refresh_token(Refresh(refresh_token=old.refresh_token)))
    assert second.refresh_token == first.refresh_token, "a lost answer costs nothing"
    assert first.refresh_token != old.refresh_token
    account.me()
    session.logout()
    assert problem(account.me).code == "session_ended"
    last = Refresh(refresh_token=second.refresh_token)
    assert problem(session.refresh_token, last).code == "session_ended"
