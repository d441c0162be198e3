"""Reads what was generated for languages that nothing here compiles: the fields of each model, in the words of
models.py, and whether an answer with a field that is newer than the app can be read."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from dart_models import Model, snake

HERE = Path(__file__).parent

Fields = dict[str, str]

TYPES = {
    "text": ["kotlin.String", "String", "string"],
    "bool": ["kotlin.Boolean", "Bool", "boolean"],
    "int": ["kotlin.Int", "Int", "int32", "i32"],
    "int64": ["kotlin.Long", "Int64", "i64", "long"],
    "uuid": ["java.util.UUID", "UUID", "Guid", "uuid::Uuid"],
    "date": [
        "java.time.OffsetDateTime",
        "kotlin.time.Instant",
        "Date",
        "DateTime",
        "time.Time",
        "Time",
        "chrono::DateTime<chrono::FixedOffset>",
    ],
    "Type": ["ModelType", "r#type"],  # `Type` is a word of Swift
}
WORDS = {name: word for word, names in TYPES.items() for name in names}


def word(kind: str) -> str:
    """A type in the words of models.py."""
    kind = re.sub(r"^Box<(.+)>$", r"\1", kind)
    if item := re.fullmatch(r"(?:(?:kotlin\.collections\.)?List<|Vec<|\[\]|\[)([\w:.]+)[>\]]?", kind):
        return f"[{word(item[1])}]"
    if kind in WORDS:
        return WORDS[kind]
    return re.split(r"::|\.", kind)[-1].removesuffix("Enum")


def source(language: str, file: str) -> str:
    return (HERE / language / "generated" / file).read_text(encoding="utf-8")


def kotlin(language: str, folder: str) -> Callable[[str], Fields]:
    pattern = r'@(?:Json\(name|SerialName\(value) = "(\w+)"\)\s+(?:@Required )?val `?\w+`?: ([\w.<>]+)(\??)( = \w+)?'

    def read(name: str) -> Fields:
        found = re.findall(pattern, source(language, f"{folder}/{name}.kt"))
        return {field: word(kind) + (default or nullable) for field, kind, nullable, default in found}

    return read


def swift(name: str) -> Fields:
    text = source("swift", f"Sources/TickboxClient/Models/{name}.swift")
    keys = re.search(r"enum CodingKeys.*?\{(.*?)\n    \}", text, re.DOTALL)
    arguments = re.search(r"public init\((.*)\) \{", text)
    assert keys and arguments, f"{name}.swift has no keys, or no initialiser"
    names = {case: key or case for case, key in re.findall(r'case `?(\w+)`?(?: = "(\w+)")?', keys[1])}
    found = re.findall(r"(\w+): ([\w\[\]]+)(\??)( = \w+)?", arguments[1])
    return {names[name]: word(kind) + (default.replace("nil", "null") or nullable) for name, kind, nullable, default in found}


def go(name: str) -> Fields:
    found = re.findall(r'^\t\w+ (\*|Nullable)?(\S+) `json:"(\w+)(,omitempty)?"', source("go", f"model_{snake(name)}.go"), re.MULTILINE)
    return {
        field: word(kind.lower() if mark == "Nullable" and kind in ("String", "Bool", "Int32", "Int64") else kind)
        + (" = null" if absent else "?" if mark == "Nullable" else "")
        for mark, kind, field, absent in found
    }


def csharp(name: str) -> Fields:
    pattern = r'JsonPropertyName\("(\w+)"\)\]\s+public ([\w<>.]+)(\??) \w+ \{ get(;)?'
    found = re.findall(pattern, source("csharp", f"src/Tickbox.Client/Model/{name}.cs"))
    return {field: word(kind) + (nullable if plain else " = null") for field, kind, nullable, plain in found}


def rust(name: str) -> Fields:
    pattern = r'#\[serde\(rename = "(\w+)"([^\]]*)\)\]\s+pub (?:r#)?\w+: (.+),'
    fields = {}
    for field, rules, kind in re.findall(pattern, source("rust", f"src/models/{snake(name)}.rs")):
        inner = re.sub(r"^(?:Option<)+(.+?)>*$", r"\1", kind) if kind.startswith("Option<") else kind
        inner += ">" * (inner.count("<") - inner.count(">"))
        absent = " = null" if "skip_serializing_if" in rules else "?" * kind.startswith("Option<")
        fields[field] = word(inner) + absent
    return fields


def dart(name: str) -> Fields:
    """Lists are never null: what is left out is an empty one."""
    model = Model("dart", name)
    fields = {}
    for field, kind in model.types.items():
        absent = f" = {model.defaults.get(field, 'null')}" if field in model.optional else "?" * kind.endswith("?")
        fields[field] = model.type_of(field) + absent.replace(" = const []", "")
    return fields


def dart_dio(name: str) -> Fields:
    model = Model("dart-dio", name)
    fields = {}
    for field in model.types:
        absent = f" = {model.defaults[field]}" if field in model.defaults else "?" * (field in model.optional)
        fields[field] = model.type_of(field) + absent
    return fields


def as_written(fields: Fields) -> Fields:
    return fields


def ids_as_texts(fields: Fields) -> Fields:
    return {field: re.sub("^uuid", "text", kind) for field, kind in fields.items()}


def of_go(fields: Fields) -> Fields:
    """Without the lists of values."""
    return {field: re.sub(r"^(\[?)(TokenType|Type|Every|Weekdays)\b", r"\1text", kind) for field, kind in ids_as_texts(fields).items()}


def of_dart(fields: Fields) -> Fields:
    """One type of numbers, and a list that may be left out is empty then."""
    return {field: re.sub("^int64", "int", kind).replace("] = null", "]") for field, kind in ids_as_texts(fields).items()}


def of_dart_dio(fields: Fields) -> Fields:
    """A field that may be left out looks like one that may be null."""
    return {field: re.sub("^int64", "int", kind).replace(" = null", "?") for field, kind in ids_as_texts(fields).items()}


class Language(NamedTuple):
    name: str
    folder: str
    read: Callable[[str], Fields]
    wanted: Callable[[Fields], Fields]  # what the language makes of the fields that all should have
    files: str  # that read answers; NAME is each answer's
    reads_new_fields: str  # what they hold if new fields do not matter, or with `!` what they must not hold


KOTLIN_FOLDER = "src/main/kotlin/tickbox/client"
MULTIPLATFORM_FOLDER = "src/commonMain/kotlin/tickbox/client"
LANGUAGES = [
    Language("Kotlin", "kotlin", kotlin("kotlin", f"{KOTLIN_FOLDER}/models"), as_written,
             f"{KOTLIN_FOLDER}/infrastructure/Serializer.kt", "!failOnUnknown"),
    Language("Kotlin (multiplatform)", "kotlin-multiplatform", kotlin("kotlin-multiplatform", f"{MULTIPLATFORM_FOLDER}/models"),
             ids_as_texts, f"{MULTIPLATFORM_FOLDER}/infrastructure/ApiClient.kt", "ignoreUnknownKeys = true"),
    Language("Swift", "swift", swift, as_written, "Sources/TickboxClient/Models/NAME.swift", "!init(from"),
    Language("Go", "go", go, of_go, "model_SNAKE.go", "!DisallowUnknownFields"),
    Language("C#", "csharp", csharp, as_written, "src/Tickbox.Client/Model/NAME.cs",
             "default:\n                            break;"),
    Language("Rust", "rust", rust, as_written, "src/models/SNAKE.rs", "!deny_unknown_fields"),
    Language("Dart", "dart", dart, of_dart, "lib/model/SNAKE.dart", "!unknown"),
    Language("Dart (dio)", "dart-dio", dart_dio, of_dart_dio, "lib/src/model/SNAKE.dart", "unhandled.add(key)"),
]  # fmt: skip


def intolerant(language: Language, answers: list[str]) -> Iterator[str]:
    """The answers that cannot be read with a field that is newer than the app."""
    for name in answers:
        file = language.files.replace("NAME", name).replace("SNAKE", snake(name))
        rule = language.reads_new_fields
        found = rule.removeprefix("!") in source(language.folder, file).replace("\r\n", "\n")
        if found == rule.startswith("!"):
            yield f"{language.name} {name}: a new field would break it ({rule} in {file})"
