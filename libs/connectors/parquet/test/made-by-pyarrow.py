"""Makes the files of other-writers.test.ts: `python made-by-pyarrow.py FOLDER`, with pyarrow 26."""
import datetime as dt
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
table = pa.table({
    "i8": pa.array([1, -128, None], pa.int8()),
    "u32": pa.array([0, 4294967295, None], pa.uint32()),
    "u64": pa.array([0, 2**64 - 1, None], pa.uint64()),
    "d": pa.array([Decimal("1.50"), Decimal("-99999.99"), None], pa.decimal128(7, 2)),
    "wide": pa.array([Decimal("1.5"), Decimal(10) ** 30, None], pa.decimal128(38, 4)),
    "day": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    "clock": pa.array([dt.time(23, 59, 59, 999999), dt.time(0), None], pa.time64("us")),
    "clock_ms": pa.array([dt.time(23, 59, 59, 999000), dt.time(0), None], pa.time32("ms")),
    "at_ns": pa.array([1000, -1000, None], pa.timestamp("ns")),
    "at_ms": pa.array([1, 2, None], pa.timestamp("ms", tz="UTC")),
    "at": pa.array([1, -1, None], pa.timestamp("us")),
    "text": pa.array(["x", "", None]),
    "bytes": pa.array([b"\0\xff", b"", None]),
    "fixed": pa.array([b"abcd", b"\0\0\0\0", None], pa.binary(4)),
    "half": pa.array([1.5, -0.0, None], pa.float16()),
    "word": pa.array(["a", "a", None]).dictionary_encode(),
    "single": pa.array([0.1, float("nan"), None], pa.float32()),
})
pq.write_table(table, f"{folder}/kinds.parquet", compression="brotli", data_page_version="1.0")
old = pa.table({"at": pa.array([1000, 1, 1000], pa.timestamp("ns"))})
pq.write_table(old, f"{folder}/int96.parquet", compression="lz4", use_deprecated_int96_timestamps=True)
many = pa.table({
    "id": pa.array(range(2000)),
    "word": pa.array([f"v{i % 10}" for i in range(2000)]),
    "x": pa.array([i * 0.5 if i % 3 else None for i in range(2000)]),
    "list": pa.array([[i] for i in range(2000)]),
})
pq.write_table(
    many,
    f"{folder}/encodings.parquet",
    compression="zstd",
    row_group_size=700,
    data_page_size=1000,
    data_page_version="2.0",
    use_dictionary=["word"],
    column_encoding={"id": "DELTA_BINARY_PACKED", "x": "BYTE_STREAM_SPLIT"},
)
