"""How the book is built: Markdown through Sphinx, with nothing fetched from anywhere."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "mini-docker"
author = "the mini-docker authors"
html_title = "mini-docker: Docker from the kernel up"
html_short_title = "mini-docker"
extensions = ["myst_parser", "listing", "sections"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["README.md", "_ext"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
html_theme_options = {"navigation_with_keys": True}
