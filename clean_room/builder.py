"""Builds one brand's clean room from a market's event log: one file of atoms per retailer, replaced whole.

A day that was released is closed. Building again over the same market keeps what was told about closed days and adds
only later days, so that two releases never differ by a few late rows. Another market, policy or builder starts anew.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from clean_room.atom_store import BUILDER_VERSION, Manifest, open_atoms, read_manifest, write_atoms
from clean_room.audit import Entry, audit_of
from clean_room.builder_lock import only_builder
from clean_room.calendar import ONE_DAY, Span
from clean_room.charges import Charges
from clean_room.cleaning import Events
from clean_room.ledger import Ledger
from clean_room.names import check_plain_name
from clean_room.noisy_release import noisy_release
from clean_room.policy import Policy, policy_for
from clean_room.release import ATOM_COLUMNS, atoms_table, release
from clean_room.source import Source, clean_retailer, open_source
from schemas.errors import BuildFailed, InputInvalid


@dataclass(frozen=True)
class Built:
    """What one retailer's build did; for the retailer's operator, not for the brand.

    `events` counts the clean events of days that were still open; `closed_before` is the last day released earlier.
    """

    path: Path
    manifest: Manifest
    atoms: pd.DataFrame
    events: int
    quarantined: int
    repeated: int
    closed_before: date | None
    micro_rho: int
    """What the noise of this build cost."""


@dataclass(frozen=True)
class ClosedRelease:
    manifest: Manifest
    atoms: pd.DataFrame


def build(
    market_dir: Path, brand_id: str, out: Path, on_retailer: Callable[[str], None] = lambda retailer_id: None
) -> list[Built]:
    """Writes `out/<brand_id>/<retailer_id>.duckdb` for every retailer of the market that has a policy.

    Raises DataMissing without a market there, InputInvalid for a brand or event log that cannot be used, BuildFailed
    when another build is running or the disk is full. What was there before is then untouched.
    """
    folder = out / check_plain_name("brand", brand_id)
    with open_source(market_dir, brand_id) as source, only_builder(folder), _staging_folder(folder) as staging:
        policies = [policy for retailer_id in source.days if (policy := policy_for(retailer_id))]
        if not policies:
            raise InputInvalid(f"no retailer of this market has a clean-room policy; it has {', '.join(source.days)}")
        with Charges(Ledger(folder / "ledger.sqlite")) as charges:
            built = []
            for policy in policies:
                on_retailer(policy.retailer_id)
                built.append(_build_retailer(source, policy, folder, staging, charges))
            for one in built:
                _record(folder, one)
            charges.publish(lambda: _publish(built, staging))
        for stale in set(folder.glob("*.duckdb")) - {one.path for one in built}:
            stale.unlink()
    return built


def _record(folder: Path, one: Built) -> None:
    """A release that costs something is in the audit before it can be seen."""
    if one.micro_rho:
        made, now = one.manifest, datetime.now(UTC).isoformat()
        asked = json.dumps({"build": made.retailer_id, "days": [str(made.first_day), str(made.last_day)]})
        try:
            audit_of(folder).append(
                Entry(now, "builder", asked, made.policy_version, made.events_sha256, "ok", one.micro_rho)
            )
        except sqlite3.Error as error:
            raise BuildFailed(
                f"the audit in {str(folder)!r} could not be written, so nothing was released; see that no other "
                "process holds it and that the disk has room, then build again"
            ) from error


def _publish(built: list[Built], staging: Path) -> None:
    for one in built:
        os.replace(staging / one.path.name, one.path)


def _build_retailer(source: Source, policy: Policy, folder: Path, staging: Path, charges: Charges) -> Built:
    path = folder / f"{policy.retailer_id}.duckdb"
    days = source.days[policy.retailer_id]
    manifest = Manifest(
        policy.retailer_id,
        source.brand_id,
        policy.version,
        policy.digest,
        BUILDER_VERSION,
        source.market_sha256,
        source.events_sha256,
        days.first,
        days.last,
    )
    cleaned = clean_retailer(source, policy.retailer_id)
    closed = _closed_release(path, manifest)
    first_open = closed.manifest.last_day + ONE_DAY if closed else days.first
    events = cleaned.events.take(cleaned.events.days >= np.datetime64(first_open, "D"))
    atoms = _release(events, policy, Span(first_open, days.last), charges)
    if closed:
        atoms = pd.concat([closed.atoms, atoms], ignore_index=True) if len(atoms) else closed.atoms
        last_day = max(closed.manifest.last_day, days.last)
        manifest = replace(manifest, first_day=closed.manifest.first_day, last_day=last_day)
    _write(staging / path.name, atoms, manifest)
    return Built(
        path,
        manifest,
        atoms,
        events=len(events),
        quarantined=cleaned.quarantined,
        repeated=cleaned.repeated,
        closed_before=closed.manifest.last_day if closed else None,
        micro_rho=charges.micro_rho.get(policy.retailer_id, 0),
    )


def _release(events: Events, policy: Policy, days: Span, charges: Charges) -> pd.DataFrame:
    """Noise is paid for before it is drawn, and not drawn for days that were told before."""
    if days.last < days.first:
        return atoms_table([])
    if policy.noise is None:
        return release(events, policy, days)
    charges.reserve(policy.retailer_id, policy.noise)
    return noisy_release(events, policy, days)


def _write(path: Path, atoms: pd.DataFrame, manifest: Manifest) -> None:
    try:
        write_atoms(path, atoms, manifest)
    except (duckdb.Error, OSError) as error:
        raise BuildFailed(
            f"the atoms of {manifest.retailer_id!r} could not be written to {str(path.parent.parent)!r}: what was "
            f"there keeps answering; make room on the disk and build again ({type(error).__name__})"
        ) from error


def _closed_release(path: Path, manifest: Manifest) -> ClosedRelease | None:
    """What an earlier build told about the same market under the same policy; None to start anew."""
    if not path.is_file():
        return None
    try:
        with open_atoms(path) as connection:
            versions = connection.execute("SELECT builder_version FROM manifest").fetchall()
            if versions != [(BUILDER_VERSION,)]:
                return None
            earlier = read_manifest(connection)
            atoms = pd.DataFrame(connection.execute("SELECT * FROM atoms").fetchall(), columns=list(ATOM_COLUMNS))
    except duckdb.Error as error:
        raise InputInvalid(f"{str(path)!r} cannot be read as a clean room; remove it to build it anew") from error
    same = replace(
        earlier, events_sha256=manifest.events_sha256, first_day=manifest.first_day, last_day=manifest.last_day
    )
    return ClosedRelease(earlier, atoms) if same == manifest else None


@contextmanager
def _staging_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the files it will replace, so that each rename is atomic."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as staging:
        yield Path(staging)
