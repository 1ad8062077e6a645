"""Measure the latencies of a table's classes, here or on another device.

`measure_latencies` runs the protocol of `nasbench.hardware.measuring` over all classes,
block by block, and goes on where a killed run ended; `export_networks` and
`import_latencies` do the same by way of a device that has no more than onnxruntime.
"""
