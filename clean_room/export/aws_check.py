"""The offline check of an AWS call: botocore's validator, and the limits in the same service model that it leaves out.

botocore checks names, types, required parts and minimums; maximums, enums and patterns are for the service to refuse.
"""

import re
from collections.abc import Iterator
from typing import Any

from schemas.errors import DataMissing, InputInvalid


def check_call(operation: str, parameters: dict[str, Any]) -> None:
    """Raises InputInvalid for parameters that the service's model refuses, DataMissing without botocore."""
    try:
        from botocore.session import get_session
        from botocore.validate import ParamValidator
    except ImportError as error:
        raise DataMissing(
            f"checking AWS rules needs the package of {error.name!r}: pip install -e '.[engines]' -c constraints.txt"
        ) from error
    shape = get_session().get_service_model("cleanrooms").operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    problems = report.generate_report() if report.has_errors() else "; ".join(_beyond_limits(shape, parameters, ""))
    if problems:
        raise InputInvalid(f"AWS Clean Rooms cannot hold this policy: {problems}")


def _beyond_limits(shape: Any, value: Any, place: str) -> Iterator[str]:
    """What exceeds a maximum, enum or pattern; shapes are botocore's and have no types."""
    size = value if isinstance(value, int) else len(value)
    if size > shape.metadata.get("max", size):
        yield f"{place}: at most {shape.metadata['max']}"
    if isinstance(value, str):
        if not re.fullmatch(shape.metadata.get("pattern", ".*"), value):
            yield f"{place}: {value!r} does not match {shape.metadata['pattern']!r}"
        if value not in shape.metadata.get("enum", [value]):
            yield f"{place}: {value!r} is none of {', '.join(shape.metadata['enum'])}"
    if isinstance(value, list):
        for part in value:
            yield from _beyond_limits(shape.member, part, place)
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _beyond_limits(shape.members[name], part, f"{place}.{name}".lstrip("."))
