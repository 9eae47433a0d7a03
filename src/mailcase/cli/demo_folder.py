"""The folder that `mailcase demo` leaves behind, and that the next demo makes anew."""

from __future__ import annotations

from pathlib import Path

from mailcase.errors import MailcaseError

LIST = "made-by-mailcase-demo.txt"


class DemoFolder:
    """Writes files and keeps a list of them, so that the next demo removes these and nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def clear(self) -> None:
        """Remove what an earlier demo made; raises MailcaseError if the folder cannot be used."""
        made = self.path / LIST
        try:
            self.path.mkdir(exist_ok=True)
            names = made.read_text("utf-8").splitlines() if made.exists() else []
            for path in self.path.iterdir():  # whatever the list says: nothing outside this folder
                if path.name in names and path.is_file():
                    path.unlink()
            made.write_text("", "utf-8")
        except (OSError, ValueError) as fault:
            raise self._unusable(fault) from fault

    def will_hold(self, *names: str) -> None:
        """Note files that others will write here."""
        with (self.path / LIST).open("a", encoding="utf-8") as made:
            made.writelines(f"{name}\n" for name in names)

    def write(self, name: str, content: bytes) -> Path:
        """A new file; one that is there already is not ours and stays."""
        path = self.path / name
        try:
            with path.open("xb") as file:
                file.write(content)
            self.will_hold(name)
        except OSError as fault:
            raise self._unusable(fault) from fault
        return path

    def _unusable(self, fault: Exception) -> MailcaseError:
        where = getattr(fault, "filename", None) or self.path
        why = getattr(fault, "strerror", None) or fault
        return MailcaseError(f"{where}: {why}; move it away, or run the demo in another folder")
