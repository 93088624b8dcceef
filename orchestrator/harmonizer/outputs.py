"""Where the results of one file go."""

from dataclasses import dataclass
from pathlib import Path

from schemas.errors import InputInvalid


@dataclass(frozen=True)
class Outputs:
    rmis: Path
    rejects: Path
    mapping: Path | None = None
    report: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.rmis, self.rejects, self.mapping, self.report) if path is not None)

    def check_against(self, source: Path) -> None:
        """Raises InputInvalid where a result would replace the source or another result."""
        resolved = [path.resolve() for path in self.paths]
        if source.resolve() in resolved:
            raise InputInvalid(f"the result would replace the export {str(source)!r}; choose another name")
        for path, place in zip(self.paths, resolved, strict=True):
            if resolved.count(place) > 1:
                raise InputInvalid(f"{str(path)!r} is named for two results; choose different names")

    def prepare(self) -> None:
        """Make the folders. Raises InputInvalid where nothing can be written."""
        for path in self.paths:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputInvalid(f"cannot write {str(path)!r}: {error.strerror}; choose another name") from error
            if path.is_dir():
                raise InputInvalid(f"{str(path)!r} is a folder; name a file")


def outputs_for(source: Path, folder: Path) -> Outputs:
    stem = source.name.split(".")[0]
    return Outputs(folder / f"{stem}.rmis.parquet", folder / f"{stem}.rejects.csv")
