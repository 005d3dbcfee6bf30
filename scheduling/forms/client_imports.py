"""Importing clients: the file, what its columns are, and what is wrong with a row."""

from __future__ import annotations

from typing import Any, get_args

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import client_rows, phone, tables
from scheduling.client_imports import Choices
from scheduling.forms.fields import PHONE_PROBLEMS
from scheduling.models import ClientImport, ClientImportRow
from scheduling.tables import Line

MAX_MEGABYTES = tables.MAX_BYTES // (1024 * 1024)
MAX_ROWS = f"{tables.MAX_ROWS:,}".replace(",", ".")

FILE_PROBLEMS: dict[tables.Problem, Any] = {
    "empty": _("Este arquivo está vazio. Escolha um que tenha nomes e celulares."),
    "too_large": _("Este arquivo é grande demais. Divida em partes de até %(megabytes)s MB."),
    "too_many_rows": _("Há linhas demais. Divida em arquivos de até %(rows)s linhas."),
    "too_many_columns": _(
        "Há colunas demais para uma lista de clientes. Deixe só nome, celular e observações."
    ),
    "old_excel": _(
        "Este arquivo é do Excel antigo (.xls) ou tem senha. No Excel, use Salvar como e escolha"
        " “Pasta de Trabalho do Excel (.xlsx)”, sem senha."
    ),
    "not_a_table": _(
        "Este arquivo não é uma planilha que sabemos ler. Salve como .xlsx ou .csv e tente de"
        " novo."
    ),
    "damaged": _(
        "Não conseguimos abrir este arquivo. Abra no Excel, salve de novo como .xlsx e tente"
        " outra vez."
    ),
}
ROW_PROBLEMS: dict[client_rows.Problem, Any] = {
    **dict[Any, Any](PHONE_PROBLEMS),
    "empty": _("Falta o celular."),
    "characters": _("No celular há algo que não é número."),
    "no_name": _("Falta o nome."),
    "long_name": _("O nome é longo demais. Cabem 255 letras."),
    "long_notes": _("As notas são longas demais. Cabem 4.000 letras."),
    "scientific": _(
        "O Excel trocou o celular por uma conta, como 3,2E+10. Formate a coluna como texto e"
        " escreva o número de novo."
    ),
    "repeated": _("Este celular já está na linha %(same_as)s deste arquivo."),
}


def problem_of(row: ClientImportRow) -> str:
    """Return what is wrong with a row, in a sentence; "" where nothing is."""
    if not row.problem:
        return ""
    return str(ROW_PROBLEMS[row.problem]) % {"same_as": row.same_as}  # type: ignore[index]


class UploadForm(forms.Form):
    """Cleaned to the rows of the file."""

    file = forms.FileField(
        label=_("Planilha"),
        help_text=_("Excel (.xlsx) ou CSV, até %(megabytes)s MB e %(rows)s linhas.")
        % {"megabytes": MAX_MEGABYTES, "rows": MAX_ROWS},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={
            "required": _("Escolha a planilha."),
            "empty": FILE_PROBLEMS["empty"],
            "missing": _("Escolha a planilha."),
        },
    )

    def clean_file(self) -> list[Line]:
        upload = self.cleaned_data["file"]
        self.file_name: str = upload.name
        try:
            if upload.size > tables.MAX_BYTES:
                raise tables.UnreadableFile("too_large")
            lines = tables.read(upload.read())
        except tables.UnreadableFile as problem:
            sentence = str(FILE_PROBLEMS[problem.code])
            values = {"megabytes": MAX_MEGABYTES, "rows": MAX_ROWS}
            raise ValidationError(sentence % values, code=problem.code) from None
        _columns, has_header = client_rows.guess(lines)
        if has_header and len(lines) == 1:
            raise ValidationError(
                _("Só há os títulos das colunas. Escolha um arquivo com clientes."), code="empty"
            )
        return lines


FIELDS: tuple[client_rows.Field, ...] = get_args(client_rows.Field)
LABELS: dict[client_rows.Field, Any] = {
    "name": _("Nome"),
    "surname": _("Sobrenome, se vem separado"),
    "area": _("DDD, se vem separado"),
    "phone": _("Celular"),
    "notes": _("Notas"),
}
NEEDED: dict[client_rows.Field, Any] = {
    "name": _("Diga em qual coluna está o nome."),
    "phone": _("Diga em qual coluna está o celular."),
}
IGNORE, COMPLETE = "ignore", "complete"


class ColumnsForm(forms.Form):
    """One choice of column a field: `col_name` and so on; then how to read and what to do."""

    has_header = forms.BooleanField(
        label=_("A primeira linha tem os títulos das colunas"), required=False
    )
    area = forms.RegexField(
        r"^[1-9][0-9]\Z",
        label=_("DDD dos celulares sem DDD"),
        help_text=_("Em branco, a linha sem DDD fica com erro."),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 2}),
        error_messages={"invalid": _("Escreva os dois números do DDD, como 31.")},
    )
    known = forms.ChoiceField(
        label=_("Quem já está no cadastro"),
        choices=[
            (IGNORE, _("Fica como está")),
            (COMPLETE, _("Ganha as notas da planilha, se não tem nenhuma")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Escolha o que fazer com quem já está no cadastro.")},
    )
    consent = forms.BooleanField(
        label=_("Estas pessoas aceitaram receber avisos pelo WhatsApp"),
        help_text=_("Fica anotado em cada cliente novo, com a data e o seu nome."),
        required=False,
    )

    def __init__(self, data: Any, *, of: ClientImport) -> None:
        initial: dict[str, Any] = {f"col_{field}": at for field, at in of.columns.items()}
        initial |= {"has_header": of.has_header, "area": of.area, "consent": of.with_consent}
        initial["known"] = COMPLETE if of.completes_notes else IGNORE
        super().__init__(data, initial=initial)
        columns = [("", _("Nenhuma")), *_columns(of)]
        for field in FIELDS:
            self.fields[f"col_{field}"] = forms.TypedChoiceField(
                label=LABELS[field],
                choices=columns,
                coerce=int,
                empty_value=None,
                required=field in NEEDED,
                error_messages={
                    "required": NEEDED.get(field, ""),
                    "invalid_choice": _("Escolha uma coluna da lista."),
                },
            )
        self.order_fields([f"col_{field}" for field in FIELDS])

    @property
    def column_fields(self) -> list[forms.BoundField]:
        return [self[f"col_{field}"] for field in FIELDS]

    def clean_area(self) -> str:
        area: str = self.cleaned_data["area"]
        try:
            if area:
                phone.normalize(f"({area}) 98765-4321")
        except phone.InvalidPhone:
            raise ValidationError(_("Este DDD não existe."), code="area") from None
        return area

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        taken: dict[int, client_rows.Field] = {}
        for field in FIELDS:
            column = said.get(f"col_{field}")
            if column is not None and column in taken:
                first = LABELS[taken[column]]
                message = gettext("Esta coluna já é a de “%(field)s”. Escolha outra.")
                self.add_error(f"col_{field}", message % {"field": first})
            elif column is not None:
                taken[column] = field
        return said

    @property
    def choices(self) -> Choices:
        said = self.cleaned_data
        return Choices(
            columns={
                field: said[f"col_{field}"] for field in FIELDS if said[f"col_{field}"] is not None
            },
            has_header=said["has_header"],
            area=said["area"],
            completes_notes=said["known"] == COMPLETE,
            with_consent=said["consent"],
        )


def _columns(of: ClientImport) -> list[tuple[int, str]]:
    """Return the columns of the file by letter, title or first words."""
    (_number, first), *rest = of.table
    example = rest[0][1] if rest else first
    return [
        (column, _named(column, title, example[column], of.has_header))
        for column, title in enumerate(first)
    ]


def _named(column: int, title: str, example: str, has_header: bool) -> str:
    words = [title, example] if has_header else [title]
    said = ", ".join(" ".join(word.split())[:30] for word in words if word)
    return f"{letter(column)}: {said}" if said else letter(column)


def letter(column: int) -> str:
    """Return the column's name in a spreadsheet: 0 is A, 26 is AA."""
    first, last = divmod(column, 26)
    return (letter(first - 1) if first else "") + chr(ord("A") + last)
