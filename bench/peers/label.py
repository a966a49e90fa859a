"""Labels a Parquet file with a fastText model: pyarrow in batches, the model's own call for many lines at once, columns
carried through as they are. It is started once for each CPU, and each process takes its share of the row groups.

    python label.py MODEL IN OUT PROCESSES
"""
import multiprocessing
import sys

import fasttext
import pyarrow as pa
import pyarrow.parquet as pq

fasttext.FastText.eprint = lambda *_: None


def label(job):
    model_path, source, target, first, step = job
    model = fasttext.load_model(model_path)
    file = pq.ParquetFile(source)
    writer = None
    for group in range(first, file.num_row_groups, step):
        for batch in file.iter_batches(8192, row_groups=[group]):
            lines = [t.replace("\n", " ") + "\n" for t in batch.column("text").to_pylist()]
            labels, probabilities = model.f.multilinePredict(lines, 1, 0.0, "strict")
            out = batch.append_column("label", pa.array([x[0][9:] for x in labels]).dictionary_encode())
            out = out.append_column("confidence", pa.array([x[0] for x in probabilities], pa.float32()))
            if writer is None:
                writer = pq.ParquetWriter(target, out.schema, compression="zstd")
            writer.write_batch(out)
    if writer:
        writer.close()


if __name__ == "__main__":
    model, source, target, processes = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    if processes == 1:
        label((model, source, target, 0, 1))
    else:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            pool.map(label, [(model, source, f"{target}.{i}", i, processes) for i in range(processes)], 1)
            pool.close()
            pool.join()
