"""Zero-cost proxies: scores of networks that were never trained, one file each.

Reading order: `Proxy` is what each of them is; `specimen` holds what a proxy looks at;
`make_proxy` finds one by name; `score_table` scores a whole table and `rank_proxies`
says how well every score orders the trained accuracies. Only the files that compute
need torch, and they are imported when a proxy is made.
"""

from surrogates.proxies.named import CLASSICAL, make_proxy, proxy_names
from surrogates.proxies.proxy import Needs, Proxy

__all__ = ["CLASSICAL", "Needs", "Proxy", "make_proxy", "proxy_names"]
