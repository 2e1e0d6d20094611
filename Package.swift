// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import Foundation
import PackageDescription

/// `EMBEDDED="Kernels Network …" swift build --product BoardClean` compiles these targets as
/// Embedded Swift.
let embeddedTargets = Context.environment["EMBEDDED"]?.split(separator: " ").map(String.init)

let common: [SwiftSetting] =
  [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
  ]
  + (embeddedTargets != nil
    ? [.enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo"])] : [])

/// Board-clean targets compile as Embedded Swift, too: most of what that lacks is an error at once.
let boardClean = common + [.treatWarning("EmbeddedRestrictions", as: .error)]

/// JPEG is there wherever libjpeg-turbo's headers are.
let hasJPEG = ["/usr/include", "/usr/local/include", "/opt/homebrew/include"].contains {
  FileManager.default.fileExists(atPath: $0 + "/jpeglib.h")
}

let package = Package(
  name: "ocelli",
  products: [
    .library(name: "Ocelli", targets: ["Ocelli"]),
    .executable(name: "ocelli", targets: ["OcelliCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // MARK: - Board-clean: ordinary and Embedded Swift
    .target(name: "CPlatform", exclude: ["README.md"]),
    .target(name: "CIntrinsics", exclude: ["README.md"]),
    .target(name: "Platform", dependencies: ["CPlatform"], swiftSettings: boardClean),
    .target(name: "Text", swiftSettings: boardClean),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(
      name: "CImageCodecs", dependencies: ["CPNG"], exclude: ["README.md"],
      cSettings: hasJPEG ? [.define("OCELLI_JPEG")] : [],
      linkerSettings: [.linkedLibrary("z")] + (hasJPEG ? [.linkedLibrary("jpeg")] : [])),
    .target(
      name: "Kernels", dependencies: ["CPlatform", "CIntrinsics"], swiftSettings: boardClean),
    .target(name: "Network", dependencies: ["CPlatform", "Kernels"], swiftSettings: boardClean),
    .target(
      name: "Imaging", dependencies: ["CImageCodecs", "Kernels", "Platform"],
      swiftSettings: boardClean
    ),
    .target(
      name: "Architectures", dependencies: ["Network", "Kernels"], swiftSettings: boardClean),
    .target(
      name: "ModelFormats", dependencies: ["Kernels", "Network"], swiftSettings: boardClean),
    .target(
      name: "Quantization", dependencies: ["Kernels", "Network"], swiftSettings: boardClean),
    .target(
      name: "Classification", dependencies: ["Imaging", "Kernels", "Network", "Platform"],
      swiftSettings: boardClean),
    .target(
      name: "SharedCommands",
      dependencies: [
        "CPlatform", "Classification", "Imaging", "Kernels", "ModelFormats", "Network", "Platform",
        "Text",
      ], swiftSettings: boardClean),

    // MARK: - Host
    .target(
      name: "Interchange", dependencies: ["Kernels", "Network", "Platform", "Text"],
      swiftSettings: common),
    .target(name: "Scenes", dependencies: ["Imaging", "Kernels"], swiftSettings: common),
    .target(
      name: "Datasets",
      dependencies: ["CPlatform", "Imaging", "Interchange", "Kernels", "Platform", "Scenes"],
      swiftSettings: common),
    .target(
      name: "Training",
      dependencies: [
        "Architectures", "CPlatform", "Datasets", "Imaging", "Interchange", "Kernels", "Network",
        "Platform", "Quantization", "Text",
      ],
      swiftSettings: common),
    .target(
      name: "Explanation", dependencies: ["Imaging", "Kernels", "Network", "Quantization"],
      swiftSettings: common),
    .target(name: "Statistics", dependencies: ["Kernels"], swiftSettings: common),
    .target(name: "Reporting", dependencies: ["Statistics", "Text"], swiftSettings: common),
    .target(
      name: "Assessments",
      dependencies: [
        "Datasets", "Explanation", "Imaging", "Interchange", "Kernels", "Network", "Platform",
        "Quantization", "Reporting", "Scenes", "Statistics", "Text", "Training",
      ], swiftSettings: common),
    .target(
      name: "Experiments",
      dependencies: [
        "Assessments", "Datasets", "Explanation", "Imaging", "Interchange", "Kernels", "Network",
        "Platform", "Quantization", "Reporting", "Scenes", "Statistics", "Text", "Training",
      ], swiftSettings: common),
    .target(
      name: "Ocelli",
      dependencies: [
        "Architectures", "Assessments", "Classification", "Datasets", "Explanation", "Imaging",
        "Interchange", "Kernels", "ModelFormats", "Network", "Platform",
        "Quantization", "Scenes", "Statistics", "Training",
      ],
      swiftSettings: common),
    .executableTarget(
      name: "OcelliCommand",
      dependencies: [
        "Architectures", "Assessments", "CPlatform", "Classification", "Datasets", "Experiments",
        "Explanation", "Imaging", "Interchange", "Kernels", "ModelFormats", "Network", "Ocelli",
        "Platform", "Quantization", "Reporting", "Scenes", "SharedCommands", "Statistics", "Text",
        "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: common),

    // MARK: - Tests
    .target(
      name: "TestSupport", dependencies: ["Kernels", "Network", "Text"], path: "Tests/TestSupport",
      swiftSettings: common),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "TestSupport"],
      resources: [.copy("Fixtures")], swiftSettings: common),
    .testTarget(
      name: "NetworkTests", dependencies: ["Kernels", "Network", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "ArchitecturesTests",
      dependencies: ["Architectures", "Interchange", "Kernels", "Network", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "Imaging", "Interchange", "Kernels", "Scenes", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "ScenesTests", dependencies: ["Imaging", "Kernels", "Scenes"], swiftSettings: common),
    .testTarget(
      name: "ImagingTests", dependencies: ["Imaging", "Kernels", "Platform", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: common),
    .testTarget(
      name: "ModelFormatsTests",
      dependencies: ["Interchange", "Kernels", "ModelFormats", "Network", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "QuantizationTests",
      dependencies: [
        "Architectures", "Kernels", "ModelFormats", "Network", "Quantization", "TestSupport",
      ], swiftSettings: common),
    .testTarget(
      name: "ClassificationTests",
      dependencies: ["Classification", "Imaging", "Kernels", "Network", "Ocelli", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "SharedCommandsTests", dependencies: ["SharedCommands", "Text"], swiftSettings: common),
    .testTarget(name: "TidyTests", swiftSettings: common),
    .testTarget(
      name: "InterchangeTests",
      dependencies: ["Interchange", "Kernels", "Platform", "TestSupport", "Text"],
      swiftSettings: common),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Architectures", "Datasets", "Interchange", "Kernels", "Network", "Quantization",
        "Scenes", "Training",
      ], swiftSettings: common),
    .testTarget(
      name: "StatisticsTests",
      dependencies: ["Interchange", "Kernels", "Statistics", "TestSupport", "Text"],
      swiftSettings: common),
    .testTarget(
      name: "AssessmentsTests",
      dependencies: [
        "Assessments", "Datasets", "Explanation", "Imaging", "Interchange", "Kernels", "Network",
        "Reporting", "Scenes", "Statistics", "TestSupport", "Text", "Training",
      ], swiftSettings: common),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Assessments", "Datasets", "Experiments", "Imaging", "Interchange", "Kernels", "Network",
        "Reporting",
        "Scenes", "Statistics", "TestSupport", "Text", "Training",
      ], swiftSettings: common),
    .testTarget(
      name: "ExplanationTests",
      dependencies: ["Explanation", "Imaging", "Kernels", "Network", "TestSupport"],
      resources: [.copy("Fixtures")], swiftSettings: common),
    // Runs the built command: it imports nothing of it.
    .testTarget(name: "CommandTests", dependencies: ["OcelliCommand"], swiftSettings: common),
  ],
  cLanguageStandard: .c11
)

// `make embedded` builds the targets that it names in one go, as one archive.
if let embeddedTargets {
  package.products.append(.library(name: "BoardClean", type: .static, targets: embeddedTargets))
}

// TESTS="KernelsTests …" builds these test targets and what they depend on, nothing else.
if let tests = Context.environment["TESTS"]?.split(separator: " ").map(String.init) {
  var needed = tests
  var index = 0
  while index < needed.count {
    let target = package.targets.first { $0.name == needed[index] }
    for case .byNameItem(let name, _) in target?.dependencies ?? [] where !needed.contains(name) {
      needed.append(name)
    }
    index += 1
  }
  package.targets.removeAll { !needed.contains($0.name) }
  package.products = []
  package.dependencies = []
}

// `make fuzz` builds one executable more, which libFuzzer's own `main` drives.
if Context.environment["FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzzing",
      dependencies: [
        "Imaging", "Kernels", "ModelFormats", "Network", "Quantization",
      ], path: "Tests/Fuzzing",
      swiftSettings: common + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}
