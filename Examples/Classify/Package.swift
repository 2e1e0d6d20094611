// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// A package that uses Ocelli as a library. Elsewhere the dependency is `.package(url: …)`.
let package = Package(
  name: "classify",
  dependencies: [.package(name: "ocelli", path: "../..")],
  targets: [
    .executableTarget(
      name: "Classify", dependencies: [.product(name: "Ocelli", package: "ocelli")])
  ]
)
