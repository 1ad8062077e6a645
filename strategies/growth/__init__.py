"""Networks that grow into ensembles; scored beside searches, not among them."""
