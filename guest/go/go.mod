// SPDX-License-Identifier: Apache-2.0 OR MIT

// Write the updater of a .sync archive.
module dotsync

go 1.24
