"""Supernets: one network whose weights all architectures of a space share.

`mixture.Mixture` says which options run and with what weights;
`building.build_supernet` builds the supernet of a space; `calibration.calibrate` gives
batch norm the statistics of one architecture. Everything here needs torch.
"""
