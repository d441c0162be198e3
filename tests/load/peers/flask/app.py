"""What Tickbox replaces, rebuilt: Flask, Flask-Login, SQLAlchemy and PyJWT on Tickbox's tables.

Flask-Login keeps the user in a signed cookie and reads the user with each request, as the original
did. The list is the first page of fifty in Tickbox's order; the dates are the database's own.
"""

import os
import uuid
from datetime import datetime, timezone

import jwt
from flask import Flask, abort, jsonify, render_template, request
from flask_login import LoginManager, UserMixin, current_user, login_required
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BINARY, BigInteger
from sqlalchemy.dialects.mysql import DATETIME

PAGE = 50

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["JWT_SECRET"],
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
)
db = SQLAlchemy(app)
login_manager = LoginManager(app)


class User(UserMixin, db.Model):
    __tablename__ = "users"
    id = db.Column(BigInteger, primary_key=True)
    public_id = db.Column(BINARY(16))
    firstname = db.Column(db.String(50))
    rev = db.Column(BigInteger)
    open_count = db.Column(db.Integer)
    todo_count = db.Column(db.Integer)


class Todo(db.Model):
    __tablename__ = "todos"
    user_id = db.Column(BigInteger, primary_key=True)
    id = db.Column(BINARY(16), primary_key=True)
    description = db.Column(db.String(200))
    isdone = db.Column(db.Boolean)
    created_date = db.Column(DATETIME(fsp=6))
    done_date = db.Column(DATETIME(fsp=6))
    removed_date = db.Column(DATETIME(fsp=6))
    rev = db.Column(BigInteger)

    @property
    def uuid(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.id)


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


def page_of(user: User) -> list[Todo]:
    query = Todo.query.filter_by(user_id=user.id, removed_date=None)
    order = (Todo.isdone, Todo.created_date.desc(), Todo.id.desc())
    return query.order_by(*order).limit(PAGE).all()


@app.get("/readyz")
def ready():
    return "ready\n"


@app.get("/")
@login_required
def index():
    return render_template("index.html", user=current_user, todos=page_of(current_user))


@app.post("/")
@login_required
def add():
    description = request.form["description"].strip()
    if not 0 < len(description) <= 200:
        abort(422)
    user = db.session.get(User, current_user.id, with_for_update=True, populate_existing=True)
    user.rev += 1
    user.open_count += 1
    user.todo_count += 1
    todo = Todo(
        user_id=user.id,
        id=uuid.uuid4().bytes,
        description=description,
        isdone=False,
        created_date=datetime.now(timezone.utc).replace(tzinfo=None),
        rev=user.rev,
    )
    db.session.add(todo)
    db.session.commit()
    return render_template("row.html", todo=todo)


def caller() -> User:
    try:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(
            token, app.config["SECRET_KEY"], algorithms=["HS256"], issuer="tickbox", audience="tickbox-api"
        )
    except (KeyError, jwt.InvalidTokenError):
        abort(401)
    public_id = uuid.UUID(claims["sub"]).bytes
    return User.query.filter_by(public_id=public_id).first() or abort(401)


@app.get("/api/v1/todo_list")
def todo_list():
    user = caller()
    todos = [
        {
            "id": str(todo.uuid),
            "description": todo.description,
            "is_done": todo.isdone,
            "created_date": todo.created_date.isoformat(timespec="microseconds") + "Z",
            "done_date": todo.done_date and todo.done_date.isoformat(timespec="microseconds") + "Z",
            "rev": todo.rev,
        }
        for todo in page_of(user)
    ]
    return jsonify(todos=todos, rev=user.rev)
