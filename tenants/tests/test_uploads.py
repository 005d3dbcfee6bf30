from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from tenants.uploads import LARGEST

CHUNK = 64 * 1024


def arrived(*sizes: int) -> list[int]:
    """The sizes of the files as a view sees them."""
    names = [f"file{number}" for number in range(len(sizes))]
    files = {
        name: SimpleUploadedFile(name, b"x" * size)
        for name, size in zip(names, sizes, strict=True)
    }
    request = RequestFactory().post("/", files)
    seen = [request.FILES[name].size if name in request.FILES else 0 for name in names]
    request.close()
    return seen


def test_files_that_some_page_reads_come_whole():
    assert arrived(10, LARGEST // 2) == [10, LARGEST // 2]
    assert arrived(LARGEST) == [LARGEST]


def test_of_a_huge_file_the_rest_is_thrown_away():
    (size,) = arrived(4 * LARGEST)

    assert LARGEST < size <= LARGEST + CHUNK


def test_many_files_are_no_way_around():
    assert sum(arrived(*[LARGEST // 2] * 8)) <= LARGEST + CHUNK
