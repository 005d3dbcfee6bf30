import io
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from scheduling import jobs, tables
from scheduling.models import Client, ClientImport
from tenants import scope
from tenants.models import Role, SecurityEvent

HOME = "/clientes/importar/"
CSV = "Nome;Celular;Obs\nAna Souza;(31) 98877-0001;Café\nBia;98877-0002;\nCaio;123;\n;1;\n"
CHOICES = {
    "col_name": "0",
    "col_phone": "1",
    "col_notes": "2",
    "has_header": "on",
    "area": "31",
    "known": "ignore",
}


def text(response) -> str:
    return response.content.decode()


def shown(response) -> str:
    """What a person reads, in one line, with a blank for each tag."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text(response))).split())


def upload(browser, data=CSV, name="clientes.csv", **options):
    data = data.encode() if isinstance(data, str) else data
    return browser.post(HOME, {"file": SimpleUploadedFile(name, data)}, **options)


def address(answer) -> str:
    """The import's own page, of an answer that leads to one of its steps."""
    return re.match(r"/clientes/importar/\d+/", answer.url)[0]


def checked(browser, data=CSV, **choices) -> str:
    where = address(upload(browser, data))
    browser.post(f"{where}colunas/", CHOICES | choices)
    return where


def finished(shop, browser, data=CSV, **choices) -> str:
    where = checked(browser, data, **choices)
    browser.post(f"{where}comecar/")
    jobs.import_clients(shop.company.pk)
    return where


def names(shop) -> list[str]:
    with scope.company(shop.company.pk):
        return list(Client.objects.values_list("name", flat=True))


def test_a_file_goes_from_the_upload_to_the_register(salon, barber):
    browser = salon.browser(Role.MANAGER)

    columns = browser.get(upload(browser).url)
    assert "clientes.csv · 4 linhas" in shown(columns)
    assert '<option value="1" selected>B: Celular, (31) 98877-0001</option>' in text(columns)
    assert 'name="area" value="31"' in text(columns)
    where = columns.request["PATH_INFO"].removesuffix("colunas/")
    preview = browser.post(f"{where}colunas/", CHOICES, follow=True)
    assert "2 clientes novos 0 já estão no cadastro 2 linhas com erro ficam de fora" in shown(
        preview
    )
    assert "4 Caio Faltam números neste celular." in shown(preview)
    assert names(salon) == ["Camila Prates"]
    running = browser.post(f"{where}comecar/", follow=True)
    assert "2 de 4 linhas." in shown(running)
    assert 'hx-trigger="every 1s"' in text(running)
    jobs.import_clients(salon.company.pk)
    result = browser.get(where)

    assert names(salon) == ["Ana Souza", "Bia", "Camila Prates"]
    assert names(barber) == ["Camila Prates"]
    assert "2 clientes novos 0 já estavam no cadastro 2 linhas com erro" in shown(result)
    assert 'hx-trigger="every 1s"' not in text(result)


def test_while_it_runs_the_part_alone_comes_and_says_when_it_is_done(salon):
    browser = salon.browser()
    where = checked(browser)
    browser.post(f"{where}comecar/")

    before = browser.get(where, headers={"HX-Request": "true"})
    jobs.import_clients(salon.company.pk)
    after = browser.get(where, headers={"HX-Request": "true"})

    assert text(before).lstrip().startswith('<div class="at-stack" id="importacao"')
    assert "every 1s" in text(before) and "A importação terminou." not in text(before)
    assert "every 1s" not in text(after) and "A importação terminou." in text(after)


def test_a_workbook_goes_the_same_way(salon):
    book, file = Workbook(), io.BytesIO()
    for row in (["Cliente", "WhatsApp"], ["Ana", 31988770001], ["Bia", "31 98877-0002"]):
        book.active.append(row)
    book.save(file)
    browser = salon.browser()

    where = address(upload(browser, file.getvalue(), "Lista de clientes.xlsx"))
    browser.post(f"{where}colunas/", CHOICES | {"col_notes": ""})

    assert "2 clientes novos" in shown(browser.get(where))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Este arquivo está vazio."),
        (b";;\r\n", "Este arquivo está vazio."),
        (b"Nome;Celular\n", "Só há os títulos das colunas."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "não é uma planilha que sabemos ler"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 99, "Excel antigo (.xls) ou tem senha"),
        (b"PK\x03\x04zip", "Não conseguimos abrir este arquivo."),
        (b"a" * (tables.MAX_BYTES + 1), "partes de até 5 MB"),
        (b"a;b\n" * (tables.MAX_ROWS + 2), "arquivos de até 20.000 linhas"),
    ],
    ids=range(8),
)
def test_a_file_that_cannot_be_read_gets_a_sentence(salon, data, sentence):
    answer = upload(salon.browser(), data, "lista.xlsx")

    assert answer.status_code == 200
    assert sentence in shown(answer)
    assert salon.count(ClientImport) == 0


def test_no_file_gets_a_sentence(salon):
    assert "Escolha a planilha." in shown(salon.browser().post(HOME))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"col_name": ""}, "Diga em qual coluna está o nome."),
        ({"col_phone": "99"}, "Escolha uma coluna da lista."),
        ({"col_notes": "0"}, "Esta coluna já é a de “Nome”. Escolha outra."),
        ({"area": "031"}, "Escreva os dois números do DDD, como 31."),
        ({"area": "3"}, "Escreva os dois números do DDD, como 31."),
        ({"area": "20"}, "Este DDD não existe."),
        ({"known": ""}, "Escolha o que fazer com quem já está no cadastro."),
    ],
)
def test_wrong_choices_get_a_sentence_and_stay(salon, changes, sentence):
    browser = salon.browser()
    where = address(upload(browser))

    answer = browser.post(f"{where}colunas/", {**CHOICES, "consent": "on", **changes})

    assert sentence in shown(answer)
    assert re.search(r'name="consent"[^>]* checked', text(answer))
    assert browser.get(where).url == f"{where}colunas/"


def test_who_is_there_already_is_said_before_and_after(salon):
    browser = salon.browser()
    data = CSV + "Camila;31 8765-1247;Loira\n"

    where = checked(browser, data, known="complete")
    preview = shown(browser.get(where))
    browser.post(f"{where}comecar/")
    jobs.import_clients(salon.company.pk)

    assert "1 já está no cadastro" in preview and "Já cadastrado" in preview
    assert "1 já estava no cadastro, 1 ganhou notas" in shown(browser.get(where))
    assert salon.fresh(salon.camila).notes == "Loira"


def test_the_refused_rows_come_back_to_be_corrected(salon):
    browser = salon.browser()
    where = checked(browser, CSV + "=1+1;x;@y\n")

    answer = browser.get(f"{where}problemas/")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text(answer).split("\r\n") == [
        "\ufeffO que corrigir;Linha do arquivo;Nome;Celular;Obs",
        "Faltam números neste celular. Escreva como (11) 98765-4321.;4;Caio;123;",
        "Falta o nome.;5;;1;",
        "No celular há algo que não é número.;6;'=1+1;x;'@y",
        "",
    ]
    columns = browser.get(upload(browser, answer.content).url)
    assert '<option value="2" selected>C: Nome' in text(columns)


def test_our_own_export_comes_back_with_everybody_known(salon):
    with scope.company(salon.company.pk):
        Client.objects.create(name='+Ana; "x"', phone="+351912345678", notes="=uma\nnota")
    browser = salon.browser()

    exported = b"".join(browser.post("/clientes/exportar/"))
    where = checked(browser, exported)

    assert "0 clientes novos 2 já estão no cadastro 0 linhas com erro" in shown(browser.get(where))


def test_an_import_is_undone_unless_somebody_has_an_appointment(salon):
    browser = salon.browser()
    where = finished(salon, browser)
    with scope.company(salon.company.pk):
        ana = Client.objects.get(name="Ana Souza")
    appointment = salon.book(client=ana)

    refused = browser.post(f"{where}desfazer/", follow=True)
    with scope.company(salon.company.pk):
        appointment.delete()
    undone = browser.post(f"{where}desfazer/", follow=True)
    again = browser.post(f"{where}desfazer/", follow=True)

    assert "1 cliente desta importação já tem horário ou mensagem." in shown(refused)
    assert "Importação desfeita. Quem ela criou saiu do cadastro." in shown(undone)
    assert "Esta importação já passou deste ponto." in shown(again)
    assert names(salon) == ["Camila Prates"]


def test_a_file_is_discarded_until_it_runs(salon):
    browser = salon.browser()
    done, open_one = finished(salon, browser), checked(browser)

    refused = browser.post(f"{done}descartar/", follow=True)
    discarded = browser.post(f"{open_one}descartar/", follow=True)

    assert "Esta importação já passou deste ponto." in shown(refused)
    assert "Arquivo descartado. Nada foi importado." in shown(discarded)
    assert browser.get(open_one).status_code == 404
    assert salon.count(ClientImport) == 1


def test_what_runs_cannot_be_started_or_changed_again(salon):
    browser = salon.browser()
    where = finished(salon, browser)

    assert "já passou deste ponto" in shown(browser.post(f"{where}comecar/", follow=True))
    assert browser.get(f"{where}colunas/").url == where
    with scope.company(salon.company.pk):
        assert SecurityEvent.objects.filter(kind="clients_imported").count() == 1


def test_the_last_imports_are_listed(salon, barber):
    finished(salon, salon.browser())
    upload(barber.browser(), name="segredo.csv")

    page = shown(salon.browser().get(HOME))

    assert "clientes.csv Hoje, 09:00 · Renata Aguiar Importado: 2 novos" in page
    assert "segredo.csv" not in page


@pytest.mark.parametrize("rows", [1, 300])
def test_every_step_asks_the_same_few_queries(salon, rows, django_assert_max_num_queries):
    browser = salon.browser()
    data = "nome;celular;x\n" + "".join(f"P {n};31 988{n:06d};\n" for n in range(rows))
    data += "".join(f"Erro {n};x;\n" for n in range(rows))
    where = checked(browser, data)

    for path in (HOME, f"{where}colunas/", where, f"{where}problemas/"):
        with django_assert_max_num_queries(10):
            browser.get(path)
    browser.post(f"{where}comecar/")
    jobs.import_clients(salon.company.pk)
    with django_assert_max_num_queries(10):
        result = browser.get(where)

    assert len(result.context["page"]) == min(rows, 20)


STEPS = ("", "colunas/", "comecar/", "problemas/", "desfazer/", "descartar/")


@pytest.mark.parametrize("step", STEPS)
def test_the_rivals_import_answers_like_an_unknown_one(salon, barber, step):
    theirs = checked(barber.browser())
    browser = salon.browser()
    method = browser.get if step in {"", "problemas/"} else browser.post

    known, unknown = (method(f"{where}{step}", CHOICES) for where in (theirs, f"{HOME}987654321/"))

    assert known.status_code == unknown.status_code == 404
    assert known.content == unknown.content
    assert barber.count(ClientImport) == 1


def test_who_may_import(salon, client):
    where = checked(salon.browser())
    for path in (HOME, f"{HOME}modelo/", where, f"{where}colunas/"):
        assert client.get(path).url == f"/entrar/?next={path}"
        for role in (Role.PROFESSIONAL, Role.RECEPTIONIST):
            assert salon.browser(role).get(path).status_code == 403
        for role in (Role.MANAGER, Role.OWNER):
            assert salon.browser(role).get(path).status_code == 200
    assert "Importar planilha" not in text(salon.browser(Role.RECEPTIONIST).get("/clientes/"))


def test_the_example_can_be_imported_as_it_is(salon):
    browser = salon.browser()
    example = browser.get(f"{HOME}modelo/").content

    where = checked(browser, example)

    assert "2 clientes novos" in shown(browser.get(where))
