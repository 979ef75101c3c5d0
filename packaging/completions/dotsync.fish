# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Completion for fish.  What can follow is asked of the command itself, so that it
# cannot be out of date.

function __dotsync_commands
	dotsync --help 2>/dev/null | string match -rg '^  ([a-z]+ +.*)$' | string replace -r ' +' \t
end

function __dotsync_options
	set -l words (commandline -opc)
	dotsync $words[2] --help 2>/dev/null | string match -rg '^  .*(--[a-z-]+)' | string trim
end

complete -c dotsync -n 'test (count (commandline -opc)) -eq 1' -f -a '(__dotsync_commands)'
complete -c dotsync -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -f -a '(__dotsync_commands)'
complete -c dotsync -n 'test (count (commandline -opc)) -gt 1; and string match -q -- "-*" (commandline -ct)' -f -a '(__dotsync_options)'
