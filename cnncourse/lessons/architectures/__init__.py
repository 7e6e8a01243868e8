"""Three famous networks, and why the last of them stacks small kernels."""

from cnncourse.lessons.architectures import alexnet, lenet, stacks, vgg

EXERCISES = (*lenet.EXERCISES, *alexnet.EXERCISES, *stacks.EXERCISES, *vgg.EXERCISES)
