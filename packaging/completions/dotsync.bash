# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Completion for bash.  What can follow is asked of the command itself, so that
# it cannot be out of date.

_dotsync()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} i

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(dotsync --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p') help --help --version" -- "$word")
		return
	fi
	if [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(dotsync --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = -- ] && break
	done
	case $word in
	-*)
		if [ "$i" -eq "$COMP_CWORD" ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(dotsync "$command" --help 2>/dev/null | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p')" -- "$word")
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _dotsync dotsync
