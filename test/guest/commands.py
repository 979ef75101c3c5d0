# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
commands.py - tests that give dotsync's commands as a person would, with a home of their own.

Needs `test/refresh` in sys.path.  Compiled modules are kept for all tests of a class: those of Go take seconds.
"""
import os
import subprocess

from refresher import BUILD, Place, ServerCase


class CommandCase(ServerCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.cache = Place()

	@classmethod
	def tearDownClass(cls):
		super().tearDownClass()
		cls.cache.__exit__()

	def file(self, name, data):
		with open(os.path.join(self.place.files, name), "wb") as f:
			f.write(data)
		return name

	def dotsync(self, *words, code=0, **environment):
		"""What it says."""
		environment.update(HOME=self.place.path("home"), XDG_CACHE_HOME=self.cache.path("cache"), PATH=os.environ["PATH"])
		done = subprocess.run([os.path.join(BUILD, "bin", "dotsync"), *words], cwd=self.place.files, env=environment,
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)
		self.assertEqual(done.returncode, code, done.stdout)
		return done.stdout
