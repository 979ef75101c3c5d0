// SPDX-License-Identifier: Apache-2.0 OR MIT
module dotsync/test/append

go 1.21
