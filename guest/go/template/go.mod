// SPDX-License-Identifier: Apache-2.0 OR MIT
module updater

go 1.24

require dotsync v0.0.0

replace dotsync => ..
