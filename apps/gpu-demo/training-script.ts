/**
 * What every process of the training job runs.
 *
 * The data are made up, so nothing is downloaded: points are drawn at random, and a fixed network says to which class
 * each belongs. All workers stop at the same step, because one that leaves earlier would have the others wait for it.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html
 */
export const TRAINING_SCRIPT = `"""Trains a network on made-up data with DistributedDataParallel, so that there are busy GPUs to look at."""

import argparse
import os
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

FEATURES = 1024
CLASSES = 100
STEPS_BETWEEN_REPORTS = 20


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to train")
    parser.add_argument("--batch-size", type=int, default=4096, help="samples per process and step")
    parser.add_argument("--width", type=int, default=4096, help="size of the hidden layers")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    return parser.parse_args()


def network(width):
    return nn.Sequential(
        nn.Linear(FEATURES, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, CLASSES),
    )


def train(options, device):
    rank, world = dist.get_rank(), dist.get_world_size()
    # The same classes for all, other points for each.
    torch.manual_seed(0)
    classes = torch.randn(FEATURES, CLASSES, device=device)
    model = DistributedDataParallel(network(options.width).to(device))
    torch.manual_seed(1 + rank)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    measure = nn.CrossEntropyLoss()

    started = reported = time.monotonic()
    step = 0
    stop = torch.zeros(1, device=device)
    while not stop.item():
        for _ in range(STEPS_BETWEEN_REPORTS):
            points = torch.randn(options.batch_size, FEATURES, device=device)
            loss = measure(model(points), (points @ classes).argmax(dim=1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        now = time.monotonic()
        stop.fill_(now - started >= options.minutes * 60)
        dist.all_reduce(stop, op=dist.ReduceOp.MAX)
        if rank == 0:
            rate = STEPS_BETWEEN_REPORTS * options.batch_size * world / (now - reported)
            print(f"step {step}  loss {loss.item():.3f}  {rate:.0f} samples/s on {world} processes", flush=True)
        reported = now


def main():
    options = arguments()
    if options.device == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")
    else:
        device = torch.device("cpu")
    dist.init_process_group("nccl" if options.device == "cuda" else "gloo")
    train(options, device)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
`;
