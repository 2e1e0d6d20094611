// SPDX-License-Identifier: Apache-2.0

/// Called now and then while a data set is read, with the number of images done and of all images.
public typealias DatasetProgress = (_ done: Int, _ total: Int) -> Void
