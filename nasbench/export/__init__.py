"""Architectures for other tools: torch modules, ONNX, Keras and NNI descriptions.

Reading order: `to_torch` builds the network with first weights or with trained ones;
`to_onnx` writes it for every ONNX runtime; `to_keras` describes it layer by layer;
`to_nni` names the choices taken. Only the functions that build networks need torch.
"""

from nasbench.export.as_keras import to_keras
from nasbench.export.as_nni import to_nni, to_nni_search_space
from nasbench.export.as_onnx import to_onnx
from nasbench.export.as_torch import save_program, to_torch

__all__ = [
    "save_program",
    "to_keras",
    "to_nni",
    "to_nni_search_space",
    "to_onnx",
    "to_torch",
]
