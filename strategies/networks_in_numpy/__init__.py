"""Small neural networks in plain numpy, for strategies that learn one of their own.

A policy draws one architecture at a time, six decisions or so: a step is a few hundred
multiplications, and a framework would spend its time on calls: an LSTM of 64 units over
6 decisions of 5 options takes 0.9 ms for a draw, its gradient and a step of Adam, and
3.6 ms in torch, both on one thread. All that a network has learned is one vector, which
can be copied and pickled; gradients are written out, and the tests compare them with
torch's.
"""
